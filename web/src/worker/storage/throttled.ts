// Reports of progress, not more often than a person can see.

/** Milliseconds between two reports. */
const INTERVAL = 100;

/**
 * Limits report to ten calls a second. Calls may be dropped, also the last: the result says that all bytes are there.
 */
export function throttled<T>(report: (value: T) => void): (value: T) => void {
  let next = 0;
  return (value) => {
    const now = performance.now();
    if (now < next) return;
    next = now + INTERVAL;
    report(value);
  };
}
