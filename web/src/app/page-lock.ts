// Which versions of the page are open: each page holds a lock that is named after its script.

/** Returns the name of the lock that pages with this script hold. */
export function pageLock(script: string): string {
  return `outrider page ${script}`;
}

/** Holds the lock for as long as the page is open. */
export function holdPageLock(script: string): void {
  void navigator.locks?.request(pageLock(script), { mode: "shared" }, () => new Promise(() => {}));
}
