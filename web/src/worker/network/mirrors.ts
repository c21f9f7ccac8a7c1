// The addresses of one file, and which of them to read from: the fastest of those that answer.

import type { NetworkError } from "./http-errors.js";
import type { Network } from "./network.js";
import type { Origin } from "./origin.js";

/** Milliseconds after which a measured speed says nothing any more. */
const SPEED_VALID = 300_000;

/** A stream that is slower than another mirror by this factor, after so many milliseconds, is given up. */
const SLOW_FACTOR = 3;
const SLOW_TIME = 5000;

/** One address of a file. */
export interface Mirror {
  readonly url: string;
  readonly origin: Origin;
  /** Milliseconds since 1970 before which it is not asked, if there is another. */
  notBefore: number;
  /** Why it is not asked any more. */
  error?: NetworkError | undefined;
}

/** The addresses of one file; the first is the one that was asked for. */
export class Mirrors {
  readonly #network: Network;
  readonly #mirrors: Mirror[];

  constructor(network: Network, urls: readonly string[]) {
    this.#network = network;
    this.#mirrors = urls.map((url) => ({ url, origin: network.origin(url), notBefore: 0 }));
  }

  /** Returns the mirror to read from. Throws the error of the first mirror if all have failed. */
  best(): Mirror {
    const usable = this.#mirrors.filter(({ error }) => !error);
    if (usable.length === 0) throw this.#failure();
    return usable.reduce((best, mirror) => (this.#precedes(mirror, best) ? mirror : best));
  }

  /** Excludes a mirror. Throws its error if there is no other. */
  fail(mirror: Mirror, error: NetworkError): void {
    mirror.error = error;
    if (this.#mirrors.every((other) => other.error)) throw this.#failure();
  }

  /**
   * Reports whether another mirror would be so much faster than a stream that has received bytes that it is worth it.
   */
  isSlow(mirror: Mirror, bytes: number, milliseconds: number): boolean {
    if (this.#mirrors.length === 1 || milliseconds < SLOW_TIME) return false;
    const needed = (bytes / milliseconds) * 1000 * SLOW_FACTOR;
    return this.#mirrors.some(
      (other) => other !== mirror && !other.error && this.#wait(other) === 0 && this.#speed(other) > needed,
    );
  }

  /** Returns the first mirror's error and makes all usable again, for a later read. */
  #failure(): NetworkError {
    const { error } = this.#mirrors[0]!;
    for (const mirror of this.#mirrors) mirror.error = undefined;
    return error!;
  }

  /** Reports whether a mirror is better than one that comes before it in the list. */
  #precedes(mirror: Mirror, other: Mirror): boolean {
    const wait = this.#wait(mirror);
    const otherWait = this.#wait(other);
    if (wait !== otherWait) return wait < otherWait;
    const speed = this.#speed(mirror) || Number.POSITIVE_INFINITY; // one that is not measured is tried
    const otherSpeed = this.#speed(other) || Number.POSITIVE_INFINITY;
    return speed > otherSpeed;
  }

  /** Returns the milliseconds until a mirror may be asked. */
  #wait({ notBefore, origin }: Mirror): number {
    return Math.max(0, notBefore - this.#network.clock.now(), origin.wait);
  }

  /** Returns the bytes per second of one stream; 0 if they have not been measured for a while. */
  #speed({ origin }: Mirror): number {
    return this.#network.clock.now() - origin.measured < SPEED_VALID ? origin.speed : 0;
  }
}
