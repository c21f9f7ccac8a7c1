// A storage worker inside Node, on an IndexedDB in memory and private files in a temporary folder, and ways to make it
// fail. The global that Go looks for comes to life when it is first asked for, so that tests without storage keep
// nothing running.
import { IDBObjectStore } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { StorageClient } from '../src/worker/storage-client.ts';
import { BrowserStore } from '../src/worker/storage/browser-store.ts';
import { serveStorage } from '../src/worker/storage/service.ts';
import { corrupt } from './corrupt.mjs';
import { privateFiles, setDiskFull } from './private-files.mjs';

let client;
Object.defineProperty(globalThis, 'outriderStorage', { get: () => (client ??= connect()) });

function connect() {
  const root = privateFiles();
  Object.defineProperty(globalThis, 'navigator', { value: { storage: { getDirectory: async () => root } } });
  const { port1, port2 } = new MessageChannel();
  serveStorage(port2, new BrowserStore());
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
  corrupt,

  async setFull(on) {
    full = on;
    setDiskFull(on);
  },
};
