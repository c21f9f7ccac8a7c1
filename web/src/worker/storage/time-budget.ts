// Limits the share of a session's time that extra work may take.

/** Counts the time in which at least one piece of work runs. */
export class TimeBudget {
  readonly #free: number;
  readonly #share: number;
  readonly #now: () => number;
  #start: number | undefined;
  #spent = 0;
  #running = 0;
  #runningSince = 0;

  /** Work may take `free` milliseconds and `share` of the time since it was first offered. */
  constructor(free: number, share: number, now = () => performance.now()) {
    this.#free = free;
    this.#share = share;
    this.#now = now;
  }

  /** Reports whether more work may begin. */
  allows(): boolean {
    const now = this.#now();
    this.#start ??= now;
    const spent = this.#spent + (this.#running > 0 ? now - this.#runningSince : 0);
    return spent <= this.#free + this.#share * (now - this.#start);
  }

  /** Runs work and counts its time. */
  async spend<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running++ === 0) this.#runningSince = this.#now();
    try {
      return await work();
    } finally {
      if (--this.#running === 0) this.#spent += this.#now() - this.#runningSince;
    }
  }
}
