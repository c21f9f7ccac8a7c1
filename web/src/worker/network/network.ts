// What all reads of the worker share: the clock, fetch, the limit of the bandwidth, and the state of each origin.

import { Bandwidth } from "./bandwidth.js";
import { type Clock, systemClock } from "./clock.js";
import { Origin } from "./origin.js";
import { Priorities } from "./priorities.js";

/** The function fetch as the network code uses it. */
export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

const browserFetch: Fetch = (url, options) => globalThis.fetch(url, options);

/** What tests replace. */
export interface NetworkOptions {
  clock?: Clock;
  fetch?: Fetch;
  /** Returns a number from 0 to 1. */
  random?: () => number;
}

/** The network as the reads of a worker share it. */
export class Network {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly random: () => number;
  readonly bandwidth: Bandwidth;
  readonly priorities = new Priorities();
  readonly #origins = new Map<string, Origin>();

  constructor({ clock = systemClock, fetch = browserFetch, random = Math.random }: NetworkOptions = {}) {
    this.clock = clock;
    this.fetch = fetch;
    this.random = random;
    this.bandwidth = new Bandwidth(clock);
    globalThis.addEventListener?.("online", () => this.online());
  }

  /** Returns the origin of an address. */
  origin(url: string): Origin {
    const key = new URL(url, globalThis.location?.href).origin;
    let origin = this.#origins.get(key);
    if (!origin) {
      origin = new Origin(this.clock, this.random, this.priorities);
      this.#origins.set(key, origin);
    }
    return origin;
  }

  /** Says that the computer has a network again: reads that wait try at once. */
  online(): void {
    for (const origin of this.#origins.values()) origin.online();
  }
}
