// A storage worker inside Node, on an IndexedDB in memory, and ways to make it fail. The global that Go looks for comes
// to life when it is first asked for, so that tests without storage keep nothing running.
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { StorageClient } from '../src/worker/storage-client.ts';
import { IndexedDBStore } from '../src/worker/storage/indexeddb.ts';
import { serve } from '../src/worker/storage/service.ts';

const databases = new IDBFactory();
globalThis.indexedDB = databases;

let client;
Object.defineProperty(globalThis, 'outriderStorage', { get: () => (client ??= connect()) });

function connect() {
  const { port1, port2 } = new MessageChannel();
  serve(port2, IndexedDBStore.open());
  return new StorageClient(port1);
}

const put = IDBObjectStore.prototype.put;
let full = false;

/** A full disk may show only when the transaction commits, its requests all well, as in a browser. */
IDBObjectStore.prototype.put = function (value, ...key) {
  const request = put.call(this, value, ...key);
  const abort = () => this.transaction._abort('QuotaExceededError');
  if (full && this.name === 'bytes') request.addEventListener('success', abort);
  return request;
};

globalThis.storageTest = {
  setFull(on) {
    full = on;
  },

  /** Replaces a chunk's bytes behind the store's back. */
  corrupt(id, chunk, bytes) {
    return new Promise((resolve, reject) => {
      const opening = databases.open('outrider-weights');
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const tx = opening.result.transaction('bytes', 'readwrite');
        put.call(tx.objectStore('bytes'), new Blob([bytes]), [id, chunk]);
        tx.oncomplete = () => (opening.result.close(), resolve());
        tx.onerror = () => reject(tx.error);
      };
    });
  },
};
