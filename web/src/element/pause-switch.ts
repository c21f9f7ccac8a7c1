// Pausing and resuming downloads.

import type { Engine } from "../client/index.js";

/** What a switch needs of what it belongs to. */
export interface PauseHost {
  readonly engine: Pick<Engine, "pause" | "resume">;
  /** Schedules a render. */
  requestUpdate(): void;
}

/** Whether downloads are paused, and how a person changes that. */
export class PauseSwitch {
  readonly #host: PauseHost;
  #paused = false;

  constructor(host: PauseHost) {
    this.#host = host;
  }

  /** Whether the person has paused the downloads. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Forgets a pause, because a new load continues downloads. */
  reset(): void {
    this.#paused = false;
  }

  /** Pauses the downloads, or continues them. If the engine cannot, they stay as they are. */
  async toggle(): Promise<void> {
    const { engine } = this.#host;
    const paused = !this.#paused;
    await (paused ? engine.pause() : engine.resume()).then(
      () => (this.#paused = paused),
      () => {}, // a failed engine is reported by the load or the answer under way
    );
    this.#host.requestUpdate();
  }
}
