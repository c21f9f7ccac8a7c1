// The limit of a person for the speed of all downloads together.

import { throwIfAborted } from "../../errors.js";
import { type Clock, sleep } from "./clock.js";

/** How many milliseconds of unused bandwidth may be used at once. */
const BURST = 250;

/** Longest single wait in milliseconds, after which a changed limit is noticed. */
const MAX_WAIT = 500;

/** A limit for the bytes per second that streams receive. It limits nothing until it is set. */
export class Bandwidth {
  readonly #clock: Clock;
  #limit = Number.POSITIVE_INFINITY;
  #credit = 0; // bytes that may be received at #time; negative after a large piece
  #time = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bytes per second; Infinity for no limit, 0 to receive nothing. */
  get limit(): number {
    return this.#limit;
  }

  set limit(bytesPerSecond: number) {
    this.#refill();
    this.#limit = bytesPerSecond;
    this.#credit = Math.min(this.#credit, 0);
    if (bytesPerSecond === Number.POSITIVE_INFINITY) this.#credit = 0;
  }

  /** Counts received bytes and waits until their share of the limit is over. Reports whether it had to wait. */
  async take(bytes: number, signal: AbortSignal): Promise<boolean> {
    this.#refill();
    if (this.#limit === Number.POSITIVE_INFINITY) return false;
    this.#credit -= bytes;
    if (this.#limit > 0 && this.#credit >= 0) return false;
    do {
      const wait = this.#limit > 0 ? (-this.#credit / this.#limit) * 1000 : MAX_WAIT;
      await sleep(this.#clock, Math.min(wait, MAX_WAIT), signal);
      throwIfAborted(signal);
      this.#refill();
    } while (this.#limit === 0 || this.#credit < 0);
    return true;
  }

  #refill(): void {
    const now = this.#clock.now();
    const elapsed = Math.max(0, now - this.#time);
    this.#time = now;
    if (this.#limit === Number.POSITIVE_INFINITY) this.#credit = 0;
    else this.#credit = Math.min(this.#credit + (elapsed / 1000) * this.#limit, (BURST / 1000) * this.#limit);
  }
}
