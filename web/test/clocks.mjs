// Clocks for tests of the network code.
import { sleep } from "../../dist/modules/worker/network/clock.js";

/** A clock that runs faster than the real one, for tests with real servers. */
export function fastClock(factor = 50) {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * factor,
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds / factor);
      if (milliseconds > 300_000) timer.unref(); // it does not keep the test alive
      return () => clearTimeout(timer);
    },
  };
}

/** A clock that stands still until a test moves it. */
export class VirtualClock {
  time = 1e12;
  #timers = new Map();
  #nextId = 1;

  now() {
    return this.time;
  }

  after(milliseconds, callback) {
    const id = this.#nextId++;
    this.#timers.set(id, { time: this.time + Math.max(0, milliseconds), callback });
    return () => this.#timers.delete(id);
  }

  /** Moves the clock and calls the timers that are due, each at its time, when all promises have settled. */
  async advance(milliseconds) {
    const end = this.time + milliseconds;
    for (;;) {
      await settle();
      const next = this.#next();
      if (!next || next[1].time > end) break;
      this.#fire(next);
    }
    this.time = end;
    await settle();
  }

  /** Moves the clock from timer to timer until a promise has settled; returns its result. */
  async until(promise) {
    let settled = false;
    promise.catch(() => {}).finally(() => (settled = true));
    for (;;) {
      await settle();
      if (settled) return promise;
      const next = this.#next();
      if (!next) throw new Error("no timer is left that could continue the test");
      this.#fire(next);
    }
  }

  /** The computer sleeps: time passes, but no timer fires before it wakes up. */
  jump(milliseconds) {
    this.time += milliseconds;
  }

  sleep(milliseconds) {
    return sleep(this, milliseconds, new AbortController().signal);
  }

  #next() {
    let first;
    for (const entry of this.#timers) if (!first || entry[1].time < first[1].time) first = entry;
    return first;
  }

  #fire([id, { time, callback }]) {
    this.#timers.delete(id);
    this.time = Math.max(this.time, time);
    callback();
  }
}

/** Lets promises and streams settle. */
export async function settle() {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
