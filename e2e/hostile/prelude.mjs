// What a worker of the hostile tests runs first. The worker's name holds its settings: `speed`, how much faster than
// real its time passes; `inject`, the names of defects of the browser's storage.

const { speed = 1, inject = [] } = JSON.parse(self.name || "{}");

if (speed !== 1) {
  const [start, now, timer] = [Date.now(), performance.now.bind(performance), setTimeout];
  const startNow = now();
  const elapsed = () => (now() - startNow) * speed;
  Date.now = () => Math.floor(start + elapsed());
  performance.now = () => startNow + elapsed();
  self.setTimeout = (callback, milliseconds = 0, ...args) => timer(callback, milliseconds / speed, ...args);
}

const defects = {
  /** The browser knows only exclusive handles of private files. */
  exclusiveHandles() {
    const prototype = FileSystemFileHandle.prototype;
    const { createSyncAccessHandle } = prototype;
    prototype.createSyncAccessHandle = function () {
      return createSyncAccessHandle.call(this);
    };
  },
  /** One of three writes of IndexedDB fails. */
  failingWrites: () => failWrites((n) => n % 3 === 0),
  /** Every write of weights fails. */
  brokenWrites: () => failWrites(() => true),
};

/** Aborts the transaction of each write of weights for which fails(number) is true. */
function failWrites(fails) {
  const { put } = IDBObjectStore.prototype;
  let count = 0;
  IDBObjectStore.prototype.put = function (...args) {
    if (/bytes|pieces|chunks/.test(this.name) && fails(++count)) throw new DOMException("a test", "UnknownError");
    return put.apply(this, args);
  };
}

for (const name of inject) defects[name]();
