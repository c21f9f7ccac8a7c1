// Locks between the tabs of a browser. Where there are none, in Node, there is only one tab.

type Mode = "shared" | "exclusive";

/** Runs body while holding a lock; the signal ends the wait for it. */
export async function withLock<T>(name: string, mode: Mode, body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return body();
  return locks.request(name, signal ? { mode, signal } : { mode }, body) as Promise<T>;
}

/** Takes a lock and gives what lets go of it. */
export function acquireLock(name: string, mode: Mode): Promise<() => void> {
  return new Promise((taken, failed) => {
    withLock(name, mode, () => new Promise<void>((release) => taken(release))).catch(failed);
  });
}
