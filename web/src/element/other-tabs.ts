// What the other tabs of the site download, as their storage workers announce it (storage/progress-channel.ts).

/** Time without an announcement after which a download counts as ended, ms. */
const SILENCE = 5000;
/** Least time between two calls of onProgress, ms. */
const INTERVAL = 2000;

/** Listens to the announcements of other tabs. */
export class OtherTabs {
  readonly #onProgress: () => void;
  readonly #announced = new Map<string, number>(); // file's id → time of its last announcement
  #channel: BroadcastChannel | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** onProgress is called while another tab downloads, at most every two seconds, and once after the end. */
  constructor(onProgress: () => void) {
    this.#onProgress = onProgress;
  }

  /** Begins to listen. */
  start(): void {
    if (this.#channel || !("BroadcastChannel" in globalThis)) return;
    this.#channel = new BroadcastChannel("outrider-progress");
    this.#channel.addEventListener("message", ({ data }) => this.#receive(data.id));
  }

  /** Stops listening. */
  stop(): void {
    this.#channel?.close();
    this.#channel = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#announced.clear();
  }

  /** Reports whether another tab downloads a file. */
  downloads(id: string): boolean {
    return Date.now() - (this.#announced.get(id) ?? 0) < SILENCE;
  }

  #receive(id: string): void {
    this.#announced.set(id, Date.now());
    if (this.#timer === undefined) this.#report();
  }

  #report = (): void => {
    const active = [...this.#announced.keys()].some((id) => this.downloads(id));
    this.#timer = active ? setTimeout(this.#report, INTERVAL) : undefined;
    this.#onProgress();
  };
}
