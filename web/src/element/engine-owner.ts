// The engine of an element: the one that a page has given it, or its own.

import { createEngine, type Engine } from "../client/index.js";

/** Keeps an engine, and closes it if it made it. */
export class EngineOwner {
  #engine: Engine | undefined;
  #owned = false;

  /** Returns the engine; makes one if there is none. */
  get(): Engine {
    if (!this.#engine) [this.#engine, this.#owned] = [createEngine(), true];
    return this.#engine;
  }

  /** Uses an engine in place of the present one, which must have been dropped. */
  set(engine: Engine): void {
    [this.#engine, this.#owned] = [engine, false];
  }

  /** Reports whether an engine is the one in use. */
  has(engine: Engine): boolean {
    return this.#engine === engine;
  }

  /** Whether the engine was made here. */
  get owned(): boolean {
    return this.#engine !== undefined && this.#owned;
  }

  /** Forgets the engine, and closes it if it was made here. */
  drop(): void {
    if (this.owned) this.#engine?.close();
    this.#engine = undefined;
  }
}
