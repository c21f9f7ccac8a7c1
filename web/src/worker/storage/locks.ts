// Locks between the tabs of a browser (Web Locks API). Node has none and needs none: it has no other tabs.

type Mode = "shared" | "exclusive";

/** Runs body while holding a lock. The signal ends the wait for the lock. */
export async function withLock<T>(name: string, mode: Mode, body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return body();
  return locks.request(name, signal ? { mode, signal } : { mode }, body) as Promise<T>;
}

/** Runs body while holding a lock exclusively if it is free; returns whether it was. */
export async function withFreeLock(name: string, body: () => Promise<void>): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  const run = async (lock: unknown) => {
    if (lock) await body();
    return lock !== null;
  };
  return locks ? locks.request(name, { ifAvailable: true }, run) : run(true);
}

/** Acquires a lock and returns a function that releases it and waits until it is free. */
export function acquireLock(name: string, mode: Mode): Promise<() => Promise<void>> {
  return new Promise((acquired, failed) => {
    const held = withLock(
      name,
      mode,
      () =>
        new Promise<void>((end) => {
          acquired(() => {
            end();
            return held;
          });
        }),
    );
    held.catch(failed);
  });
}
