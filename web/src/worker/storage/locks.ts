// Locks between the tabs of a browser (Web Locks API). Node has none and needs none: it has no other tabs.

type Mode = "shared" | "exclusive";

/** Runs body while holding a lock. The signal ends the wait for the lock. */
export async function withLock<T>(name: string, mode: Mode, body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return body();
  return locks.request(name, signal ? { mode, signal } : { mode }, body) as Promise<T>;
}

/** Acquires a lock and returns a function that releases it. */
export function acquireLock(name: string, mode: Mode): Promise<() => void> {
  return new Promise((acquired, failed) => {
    withLock(name, mode, () => new Promise<void>((release) => acquired(release))).catch(failed);
  });
}
