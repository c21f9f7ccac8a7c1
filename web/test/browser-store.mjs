// BrowserStores in Node, with an IndexedDB in memory, private files in a temporary folder and locks, for unit tests.
import { createHash, randomBytes } from "node:crypto";
import "fake-indexeddb/auto";
import { BrowserStore } from "../../dist/modules/worker/storage/browser-store.js";
import { lockManager } from "./locks.mjs";
import { privateFiles } from "./private-files.mjs";

export const CHUNK = 16 << 20;

const root = privateFiles();
Object.defineProperty(globalThis, "navigator", {
  configurable: true,
  value: { storage: { getDirectory: async () => root }, locks: lockManager() },
});

/** The bytes of a file of two chunks and a shorter third one. */
export const content = randomBytes(2 * CHUNK + 100_000);
export const info = { name: "m.gguf", size: content.length, validator: "1", sha256: "" };
export const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex");
export const bytesOf = (chunk) => content.subarray(chunk * CHUNK, (chunk + 1) * CHUNK);
export const forever = new AbortController().signal;

/** Forgets the locks of the tabs that a test has opened, as if it had closed them. */
export const closeTabs = () => Object.assign(navigator, { locks: lockManager() });

let count = 0;

/** Returns the name of a database that no other test uses. */
export const newName = () => `test-${count++}`;

/** Opens a store, as a tab does. */
export const openTab = (name) => new BrowserStore(name);

/** Returns a copy of bytes with an ArrayBuffer of its own. */
export const bufferOf = (bytes) => new Uint8Array(bytes).buffer;

/** Stores chunks of {@link content}. */
export async function putChunks(store, id, ...chunks) {
  for (const chunk of chunks) await store.putChunk(id, chunk, bufferOf(bytesOf(chunk)), hashOf(bytesOf(chunk)));
}

/** A source of {@link content} that sends `rate` bytes each time and can be made to fail. */
export function sourceOf({ bytes = content, step = 1 << 20, pause = 0, failAfter = Number.POSITIVE_INFINITY } = {}) {
  const source = {
    info: { ...info, size: bytes.length },
    sent: 0,
    async read(offset, length, signal, onBytes) {
      const buffer = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        signal.throwIfAborted();
        const n = Math.min(step, length - at);
        if (source.sent + n > failAfter) throw Object.assign(new Error("lost"), { code: "connection_lost" });
        buffer.set(bytes.subarray(offset + at, offset + at + n), at);
        source.sent += n;
        at += n;
        onBytes(at, buffer);
      }
      return buffer.buffer;
    },
  };
  return source;
}

/** Runs a function on the raw database. */
export async function withDatabase(name, body) {
  const db = await result(indexedDB.open(name));
  try {
    return await body(db);
  } finally {
    db.close();
  }
}

export const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
