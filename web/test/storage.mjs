// A storage worker in Node, with an IndexedDB in memory and private files in a temporary folder, and the global
// storageTest, which makes it fail. The client is created when Go first uses it, so that tests without storage leave
// nothing open.
import { IDBObjectStore } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { BrowserStore } from "../src/worker/storage/browser-store.ts";
import { serveStorage } from "../src/worker/storage/service.ts";
import { StorageClient } from "../src/worker/storage-client.ts";
import { corrupt } from "./corrupt.mjs";
import { privateFiles, setDiskFull } from "./private-files.mjs";

let client;
Object.defineProperty(globalThis, "outriderStorage", { get: () => (client ??= connect()) });

function connect() {
  const root = privateFiles();
  Object.defineProperty(globalThis, "navigator", { value: { storage: { getDirectory: async () => root } } });
  const { port1, port2 } = new MessageChannel();
  serveStorage(port2, new BrowserStore());
  return new StorageClient(port1);
}

const put = IDBObjectStore.prototype.put;
let full = false;

/** Simulates a full disk: as in a browser, all requests succeed and the transaction fails when it commits. */
IDBObjectStore.prototype.put = function (value, ...key) {
  const request = put.call(this, value, ...key);
  const abort = () => this.transaction._abort("QuotaExceededError");
  if (full && this.name === "bytes") request.addEventListener("success", abort);
  return request;
};

globalThis.storageTest = {
  corrupt,

  async setFull(on) {
    full = on;
    setDiskFull(on);
  },
};
