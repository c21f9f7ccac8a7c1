import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { forceCloseDatabase } from "fake-indexeddb";
import { exportFile } from "../../dist/modules/worker/storage/export-file.js";
import { hashFile } from "../../dist/modules/worker/storage/hash-file.js";
import {
  bufferOf,
  bytesOf,
  CHUNK,
  closeTabs,
  content,
  forever,
  hashOf,
  info,
  newName,
  openTab,
  putChunks,
  result,
  withDatabase,
} from "./browser-store.mjs";
import { corrupt } from "./corrupt.mjs";
import { setExclusiveHandles, setQuota } from "./private-files.mjs";

afterEach(() => {
  closeTabs();
  setExclusiveHandles(false);
  setQuota(Number.POSITIVE_INFINITY);
});

/** Creates a database as the first version of the store did. Its oldest records have neither kind nor file. */
async function createVersion1(name, records) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("files", { keyPath: "id" });
    request.result.createObjectStore("chunks");
    request.result.createObjectStore("bytes");
  };
  const db = await result(request);
  const tx = db.transaction(["files", "chunks", "bytes"], "readwrite");
  for (const record of records) {
    tx.objectStore("files").put(record);
    for (const chunk of [0, 2]) {
      tx.objectStore("chunks").put({ sha256: hashOf(bytesOf(chunk)) }, [record.id, chunk]);
      tx.objectStore("bytes").put(new Blob([bytesOf(chunk)]), [record.id, chunk]);
    }
  }
  await new Promise((done) => (tx.oncomplete = done));
  db.close();
}

test("a store of version 1 opens with its chunks, which are completed and moved as before", async () => {
  const name = newName();
  const first = { name: "m.gguf", size: content.length, validator: "1" };
  await createVersion1(name, [
    { ...first, id: "oldest" },
    { ...first, id: "later", kind: "indexeddb", file: "some-name" },
  ]);
  const store = openTab(name);
  for (const id of ["oldest", "later"]) {
    const { used, ...file } = await store.find(id);
    const unknown = { sha256: "", hashes: [], verified: false, partialBytes: 0, vision: "" };
    assert.deepEqual(file, { ...first, id, kind: "indexeddb", chunks: [0, 2], ...unknown });
    assert.equal(used, 0);
    await putChunks(store, id, 1);
    assert.deepEqual(Buffer.from(await store.read(id, 0, content.length)), content);
    assert.equal((await store.openFile(id, info, "opfs")).kind, "opfs");
    assert.deepEqual(Buffer.from(await store.read(id, 0, content.length)), content);
  }
  assert.equal(await withDatabase(name, (db) => db.version), 2);
});

test("a database that another tab does not release is an error after ten seconds, and opens when it is", async (t) => {
  const name = newName();
  await createVersion1(name, []);
  const held = await result(indexedDB.open(name, 1)); // it does not close for a newer version
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const store = openTab(name);
  const failing = assert.rejects(store.list(), { code: "storage_error", message: /another tab/ });
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  t.mock.timers.tick(10_000);
  await failing;
  t.mock.timers.reset();
  held.close();
  assert.deepEqual(await store.list(), []);
});

test("a store of a newer version is named", async () => {
  const name = newName();
  (await result(indexedDB.open(name, 7))).close();
  await assert.rejects(openTab(name).list(), ({ code, message }) => {
    assert.equal(code, "newer_store");
    assert.match(message, /version 7, this page knows 2/);
    return true;
  });
});

for (const kind of ["indexeddb", "opfs"]) {
  test(`${kind}: bytes that change on the disk are found when they are read first in a session`, async () => {
    const name = newName();
    await openTab(name).openFile("a", info, kind);
    await putChunks(openTab(name), "a", 0, 1, 2);
    const changed = Buffer.from(bytesOf(1));
    changed[12345] ^= 4;
    await corrupt("a", 1, changed, name);
    const store = openTab(name);
    assert.deepEqual(Buffer.from(await store.read("a", 5, 100)), content.subarray(5, 105));
    await assert.rejects(store.read("a", CHUNK - 10, 20), { code: "integrity", retryable: true });
    assert.deepEqual((await store.find("a")).chunks, [0, 2]);
    await putChunks(store, "a", 1);
    assert.deepEqual(Buffer.from(await store.read("a", 0, content.length)), content);
  });

  test(`${kind}: a file that another tab deletes stays until its use ends`, async () => {
    const name = newName();
    const [a, b] = [openTab(name), openTab(name)];
    await a.openFile("a", info, kind);
    await putChunks(a, "a", 0);
    await b.delete("a");
    assert.deepEqual([await b.find("a"), await b.list()], [undefined, []]);
    assert.deepEqual(Buffer.from(await a.read("a", 0, 10)), content.subarray(0, 10));
    await assert.rejects(putChunks(a, "a", 1), { code: "storage_error", message: /deleted in another tab/ });
    await a.endUse("a");
    assert.equal(await withDatabase(name, (db) => result(db.transaction("files").objectStore("files").count())), 0);
    await assert.rejects(a.read("a", 0, 10), { code: "storage_error" });
  });

  test(`${kind}: a deleted file that is opened again before its use ends keeps its chunks`, async () => {
    const name = newName();
    const [a, b] = [openTab(name), openTab(name)];
    await a.openFile("a", info, kind);
    await putChunks(a, "a", 0);
    await b.delete("a");
    assert.deepEqual((await b.openFile("a", info, kind)).chunks, [0]);
    await a.endUse("a");
    assert.deepEqual((await b.find("a")).chunks, [0]);
  });

  test(`${kind}: tabs that open a file at once get the same record`, async () => {
    const name = newName();
    const tabs = [openTab(name), openTab(name), openTab(name)];
    await Promise.all(tabs.map((tab) => tab.openFile("a", info, kind)));
    await Promise.all(tabs.map((tab, chunk) => putChunks(tab, "a", chunk)));
    for (const tab of tabs) assert.deepEqual(Buffer.from(await tab.read("a", 0, content.length)), content);
  });
}

test("a file that is deleted by a tab which was closed is removed when the list is read", async () => {
  const name = newName();
  const store = openTab(name);
  await store.openFile("a", info, "opfs");
  await store.endUse("a");
  await withDatabase(name, async (db) => {
    const files = db.transaction("files", "readwrite").objectStore("files");
    await result(files.put({ ...(await result(files.get("a"))), deleting: true }));
  });
  assert.deepEqual(await openTab(name).list(), []);
  assert.equal(await withDatabase(name, (db) => result(db.transaction("files").objectStore("files").count())), 0);
});

test("two tabs move a file to private files at once, while a third stores a chunk", async () => {
  const name = newName();
  const [a, b, c] = [openTab(name), openTab(name), openTab(name)];
  await a.openFile("a", info, "indexeddb");
  await putChunks(a, "a", 0);
  const moves = [a.openFile("a", info, "opfs"), b.openFile("a", info, "opfs")];
  await Promise.all([...moves, putChunks(c, "a", 1), putChunks(b, "a", 2)]);
  for (const tab of [a, b, c]) assert.deepEqual(Buffer.from(await tab.read("a", 0, content.length)), content);
});

test("where a file can be open only once, tabs wait for each other", async () => {
  setExclusiveHandles(true);
  const name = newName();
  const tabs = [openTab(name), openTab(name)];
  const opened = await Promise.all(tabs.map((tab) => tab.openFile("a", info, "opfs")));
  assert.deepEqual(
    opened.map(({ kind }) => kind),
    ["opfs", "opfs"],
  );
  await Promise.all([putChunks(tabs[0], "a", 0, 2), putChunks(tabs[1], "a", 1)]);
  const reads = Array.from({ length: 8 }, (_, i) => tabs[i % 2].read("a", 0, content.length));
  for (const bytes of await Promise.all(reads)) assert.deepEqual(Buffer.from(bytes), content);
});

test("a write that fails for no reason is repeated three times", async () => {
  const store = openTab(newName());
  await store.openFile("a", info, "indexeddb");
  const { put } = IDBObjectStore.prototype;
  for (const [failures, code] of [
    [3, undefined],
    [4, "UnknownError"],
  ]) {
    let left = failures;
    IDBObjectStore.prototype.put = function (...args) {
      const request = put.apply(this, args);
      if (this.name === "bytes" && left > 0) {
        left--;
        request.addEventListener("success", () => this.transaction._abort("UnknownError"));
      }
      return request;
    };
    const storing = putChunks(store, "a", failures - 3);
    if (code) await assert.rejects(storing, { name: code });
    else await storing;
    IDBObjectStore.prototype.put = put;
  }
  assert.deepEqual((await store.find("a")).chunks, [0]);
});

test("free space is what a file can be enlarged to", async () => {
  const store = openTab(newName());
  assert.equal(await store.freeSpace(43e9), 43e9);
  setQuota(5e9);
  const free = await store.freeSpace(43e9);
  assert.ok(free <= 5e9 && free > 5e9 - (1 << 20), `${free}`);
  setQuota(0);
  assert.equal(await store.freeSpace(43e9), 0);
});

test("a hash of the whole file continues after a reload, and starts over after a chunk was dropped", async () => {
  const name = newName();
  const store = openTab(name);
  await store.openFile("a", info, "opfs");
  await putChunks(store, "a", 0, 1, 2);
  let kept;
  store.keepHashState = async (_, state) => (kept = state);
  assert.equal(await hashFile(store, "a", forever, () => {}), hashOf(content));
  assert.equal(kept, undefined); // the file is small
  const { SHA256 } = await import("../../dist/modules/worker/storage/sha256.js");
  const first = new SHA256();
  first.update(bytesOf(0));
  const later = openTab(name);
  await later.keepHashState("a", first.save());
  const read = [];
  const { read: readBytes } = later;
  later.read = (...args) => {
    read.push(args[1]);
    return readBytes.apply(later, args);
  };
  assert.equal(await hashFile(later, "a", forever, () => {}), hashOf(content));
  assert.deepEqual(read, [CHUNK, 2 * CHUNK]);
  await later.dropChunk("a", 0);
  assert.equal(await later.hashState("a"), undefined);
});

test("what is stored is exported to a stream, and an incomplete file is not", async () => {
  const store = openTab(newName());
  await store.openFile("a", info, "indexeddb");
  await putChunks(store, "a", 0, 2);
  const parts = [];
  const stream = () => new WritableStream({ write: (part) => void parts.push(part) });
  await assert.rejects(
    exportFile(store, "a", stream(), forever, () => {}),
    { code: "storage_error" },
  );
  await putChunks(store, "a", 1);
  const progress = [];
  await exportFile(store, "a", stream(), forever, (bytes) => progress.push(bytes));
  assert.deepEqual(Buffer.concat(parts), content);
  assert.deepEqual(progress, [CHUNK, 2 * CHUNK, content.length]);
});

/** Returns the handle of a file on the disk, which a test may change. */
function diskFile(bytes = content, lastModified = 5) {
  return { file: new File([bytes], "disk.gguf", { lastModified }) };
}

/** Opens a file on the disk; fake-indexeddb cannot store a handle, so that the test keeps it. */
async function importFile(store, disk) {
  const handle = { getFile: async () => (disk.error ? Promise.reject(disk.error) : disk.file) };
  const structuredCloneOf = globalThis.structuredClone;
  globalThis.structuredClone = (value, options) =>
    value?.handle
      ? { ...structuredCloneOf({ ...value, handle: null }, options), handle }
      : structuredCloneOf(value, options);
  return store.importFile(handle);
}

test("a file on the disk is complete at once, is read where it is, and must stay as it was", async () => {
  const name = newName();
  const store = openTab(name);
  const disk = diskFile();
  const file = await importFile(store, disk);
  assert.deepEqual([file.kind, file.chunks, file.validator], ["handle", [0, 1, 2], "5"]);
  assert.deepEqual(Buffer.from(await store.read(file.id, CHUNK - 5, 10)), content.subarray(CHUNK - 5, CHUNK + 5));
  assert.equal(await store.chunkHash(file.id, 1), hashOf(bytesOf(1)));
  const changed = Buffer.from(content);
  changed[CHUNK + 1] ^= 1;
  disk.file = new File([changed], "disk.gguf", { lastModified: 5 }); // its date lies
  await assert.rejects(openTab(name).read(file.id, CHUNK, 10), { code: "integrity" });
  disk.file = new File([changed], "disk.gguf", { lastModified: 6 });
  await assert.rejects(openTab(name).read(file.id, CHUNK, 10), { code: "file_changed" });
  disk.error = new DOMException("ask", "NotAllowedError");
  await assert.rejects(store.read(file.id, 0, 10), { code: "permission_needed", retryable: true });
  disk.error = new DOMException("gone", "NotFoundError");
  await assert.rejects(store.read(file.id, 0, 10), { code: "not_found" });
  assert.equal((await store.openFile(file.id, info, "opfs")).kind, "handle");
});

test("a stored copy is not replaced by a file on the disk", async () => {
  const store = openTab(newName());
  const copy = { ...info, name: "disk.gguf", validator: "5" };
  await store.openFile("local:disk.gguf", copy, "indexeddb");
  await putChunks(store, "local:disk.gguf", 0);
  const same = await importFile(store, diskFile());
  assert.deepEqual([same.kind, same.chunks], ["indexeddb", [0]]);
  await assert.rejects(importFile(store, diskFile(content, 6)), { code: "file_changed" });
});

test("after the browser has cleared the database a download starts over, once", async () => {
  const name = newName();
  const store = openTab(name);
  const { open } = indexedDB;
  let opened;
  indexedDB.open = (...args) => {
    const request = open.apply(indexedDB, args);
    request.addEventListener("success", () => {
      opened ??= request.result;
    });
    return request;
  };
  await store.openFile("a", info, "indexeddb");
  await putChunks(store, "a", 0);
  indexedDB.open = open;
  forceCloseDatabase(opened);
  await result(indexedDB.deleteDatabase(name));
  await putChunks(store, "a", 1);
  assert.deepEqual((await store.find("a")).chunks, [1]);
  await openTab(name).delete("a");
  await store.delete("a");
  await assert.rejects(putChunks(store, "a", 2), { code: "storage_error" });
});

test("the list has sizes, what has arrived of incomplete chunks, and the last use", async () => {
  const store = openTab(newName());
  const before = Date.now();
  await store.openFile("a", info, "indexeddb");
  await putChunks(store, "a", 2);
  await store.putPiece("a", 0, 0, new Uint8Array(bufferOf(content.subarray(0, 1000))));
  const [file] = await store.list();
  assert.deepEqual([file.size, file.chunks, file.partialBytes], [content.length, [2], 1000]);
  assert.ok(file.used >= before && file.used <= Date.now());
});

test("a piece is stored while the bytes of a chunk are, and while the record is read or moved", {
  timeout: 20_000,
}, async () => {
  const name = newName();
  const store = openTab(name);
  await store.openFile("a", info, "indexeddb");
  const db = await result(indexedDB.open(name));
  const tx = db.transaction(["bytes", "chunks"], "readwrite");
  let over = false;
  const keepOpen = () => {
    if (!over) tx.objectStore("bytes").get("none").onsuccess = keepOpen;
  };
  keepOpen();
  await navigator.locks.request("outrider-file a", {}, () => store.putPiece("a", 1, 0, bytesOf(1).subarray(0, 1000)));
  over = true;
  db.close();
  assert.equal((await store.find("a")).partialBytes, 1000);
});

test("a chunk that cannot be marked complete leaves no bytes", async () => {
  const name = newName();
  const store = openTab(name);
  await store.openFile("a", info, "indexeddb");
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (...args) {
    if (this.name === "chunks") throw new DOMException("a test", "DataError");
    return put.apply(this, args);
  };
  try {
    await assert.rejects(putChunks(store, "a", 0), { name: "DataError" });
  } finally {
    IDBObjectStore.prototype.put = put;
  }
  assert.equal(await withDatabase(name, (db) => result(db.transaction("bytes").objectStore("bytes").count())), 0);
  await putChunks(store, "a", 0);
  assert.deepEqual((await store.find("a")).chunks, [0]);
});
