// Keeps the screen on while a download runs that a person watches: a computer that sleeps downloads nothing.

/** Holds the screen's wake lock while it is wanted and the page is visible. Browsers without wake locks do nothing. */
export class WakeLock {
  #wanted = false;
  #lock: Promise<WakeLockSentinel | undefined> | undefined;

  /** Requests or releases the lock; has no effect if that has been done already. */
  set(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) document.addEventListener("visibilitychange", this.#update);
    else document.removeEventListener("visibilitychange", this.#update);
    this.#update();
  }

  /** The browser releases the lock of a page that is hidden; a visible one requests it again. */
  #update = (): void => {
    const held = this.#lock;
    this.#lock = undefined;
    void held?.then((lock) => lock?.release().catch(() => {}));
    if (this.#wanted && document.visibilityState === "visible") this.#lock = request();
  };
}

/** Returns undefined if the browser refuses, which it may when the battery is low. */
async function request(): Promise<WakeLockSentinel | undefined> {
  try {
    return await navigator.wakeLock?.request("screen");
  } catch {
    return undefined;
  }
}
