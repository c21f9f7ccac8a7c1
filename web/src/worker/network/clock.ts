// Time for the network code. Tests replace it, so that a day of outages passes in a moment.

import { aborted } from "../../errors.js";

/** A clock with timers. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls a function once after at least so many milliseconds, unless cancel is called before. */
  after(milliseconds: number, callback: () => void): Cancel;
}

/** Cancels a timer; it does no harm after the timer has fired. */
export type Cancel = () => void;

/** The longest timer. A computer that wakes up notices within this time that a deadline has passed. */
const MAX_TIMER = 5000;

/**
 * The clock of the system. A timer of the browser may stand still while the computer sleeps, and it cannot be longer
 * than 24 days: a long one is made of several, after each of which the time is read again.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    let timer: ReturnType<typeof setTimeout>;
    const start = (left: number) => {
      const started = Date.now();
      const duration = Math.min(left, MAX_TIMER);
      timer = setTimeout(() => {
        // At least the duration has passed, even if the clock was set back.
        const remaining = left - Math.max(duration, Date.now() - started);
        remaining > 0 ? start(remaining) : callback();
      }, duration);
    };
    start(Math.max(0, milliseconds));
    return () => clearTimeout(timer);
  },
};

/** Waits. Rejects with an error of code aborted when the signal fires. */
export function sleep(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(aborted());
    const stop = () => {
      cancel();
      reject(aborted());
    };
    const cancel = clock.after(milliseconds, () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Calls a function with a signal that fires after some milliseconds, or with the given signal. */
export async function withTimeout<T>(
  clock: Clock,
  milliseconds: number,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = new AbortController();
  const cancel = clock.after(milliseconds, () => timeout.abort());
  try {
    return await call(AbortSignal.any([signal, timeout.signal]));
  } finally {
    cancel();
  }
}
