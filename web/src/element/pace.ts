// How fast a counter moves, seen over the last few seconds, and when it will arrive.

const windowMs = 5000;

export class Pace {
  #samples: { at: number; done: number }[] = [];

  /** Notes that the counter stood at `done` at time `at`, ms. A counter that went back starts anew. */
  note(done: number, at: number): void {
    if (done < (this.#samples.at(-1)?.done ?? 0)) this.#samples = [];
    this.#samples.push({ at, done });
    while (this.#samples.length > 2 && at - this.#samples[1]!.at > windowMs) this.#samples.shift();
  }

  /** Units a second; undefined until half a second has been seen. */
  get rate(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at - first.at < 500) return undefined;
    return ((last.done - first.done) / (last.at - first.at)) * 1000;
  }

  /** Seconds until the counter reaches `total`; undefined while the rate is unknown or nothing moves. */
  secondsLeft(total: number): number | undefined {
    const rate = this.rate;
    const done = this.#samples.at(-1)?.done ?? 0;
    return rate ? Math.max(0, total - done) / rate : undefined;
  }
}
