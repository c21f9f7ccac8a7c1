// How a page notices that a worker has ended. Browsers report an uncaught error, but not that a worker was ended from
// outside or ended itself. Each worker holds a lock with its own name as long as it runs.

/** Holds the lock of this worker. */
export function holdLock(): void {
  void navigator.locks?.request(self.name, () => new Promise(() => {}));
}

/**
 * Starts a worker under a name of its own that begins with prefix; the worker must call holdLock. It receives an error
 * event when it has ended.
 */
export function watched(prefix: string, start: (name: string) => Worker): Worker {
  const name = `${prefix} ${Date.now()} ${Math.random()}`;
  const worker = start(name);
  worker.addEventListener("message", () => void watch(worker, name), { once: true }); // by then the worker has the lock
  return worker;
}

async function watch(worker: Worker, name: string): Promise<void> {
  const { locks } = navigator;
  const { held } = (await locks?.query()) ?? {};
  if (!held?.some((lock) => lock.name === name)) return; // the worker has no locks
  await locks.request(name, () => {});
  worker.dispatchEvent(new ErrorEvent("error", { message: "it has ended" }));
}
