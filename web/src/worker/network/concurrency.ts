// How many streams to one origin are open at once: as many as make the download faster.

/** The fewest and the most streams of an origin, and how many it starts with. */
const MIN_STREAMS = 2;
export const MAX_STREAMS = 8;
const FIRST_STREAMS = 4;

/** Milliseconds after which the number of streams may change. */
const WINDOW = 4000;

/** A change of the speed that is more than noise. */
const SIGNIFICANT = 1.05;

/**
 * Finds the number of streams by trying: it adds or removes one and keeps going in the same direction while the bytes
 * per second grow.
 */
export class Concurrency {
  #limit = FIRST_STREAMS;
  #direction = 1;
  #lastRate = 0;
  #start = 0;
  #bytes = 0;

  /** How many streams may be open. */
  get limit(): number {
    return this.#limit;
  }

  /**
   * Counts received bytes. `full` says whether as many streams are open as may be; other times show nothing. After the
   * limit has fallen it takes a while until a stream has ended.
   */
  received(bytes: number, full: boolean, now: number): void {
    const elapsed = now - this.#start;
    if (!full || elapsed > 3 * WINDOW) {
      this.#start = now;
      this.#bytes = 0;
      return;
    }
    this.#bytes += bytes;
    if (elapsed >= WINDOW) this.#change(this.#bytes / elapsed, now);
  }

  /** Halves the number of streams: the server said that there are too many requests. */
  reduce(): void {
    this.#limit = Math.max(MIN_STREAMS, this.#limit >> 1);
    this.#direction = 1;
    this.#lastRate = 0;
    this.#start = 0;
  }

  #change(rate: number, now: number): void {
    if (rate < this.#lastRate * SIGNIFICANT) this.#direction = -this.#direction;
    this.#lastRate = rate;
    if (this.#limit >= MAX_STREAMS) this.#direction = -1;
    if (this.#limit <= MIN_STREAMS) this.#direction = 1;
    this.#limit += this.#direction;
    this.#start = now;
    this.#bytes = 0;
  }
}
