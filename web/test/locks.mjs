// The Web Locks API in Node, where all "tabs" are in one process: the part of its interface that the store uses.

/** Returns a lock manager for navigator.locks. */
export function lockManager() {
  const queues = new Map(); // name → requests in order; those that are granted come first
  const grant = (name) => {
    const queue = queues.get(name);
    for (const [i, request] of queue.entries()) {
      const compatible = queue.slice(0, i).every(({ mode }) => mode === "shared" && request.mode === "shared");
      if (compatible && !request.granted) {
        request.granted = true;
        request.run();
      }
    }
  };
  return {
    async request(name, options, body) {
      const { mode = "exclusive", ifAvailable = false, signal } = options;
      const queue = queues.get(name) ?? [];
      queues.set(name, queue);
      const isFree = queue.every((other) => other.mode === "shared" && mode === "shared");
      if (ifAvailable && !isFree) return body(null);
      const request = { mode, granted: false };
      const remove = () => {
        queue.splice(queue.indexOf(request), 1);
        grant(name);
      };
      queue.push(request);
      await new Promise((run, fail) => {
        request.run = run;
        signal?.addEventListener("abort", () => {
          if (request.granted) return;
          remove();
          fail(signal.reason);
        });
        grant(name);
      });
      try {
        return await body({ name, mode });
      } finally {
        remove();
      }
    },
  };
}
