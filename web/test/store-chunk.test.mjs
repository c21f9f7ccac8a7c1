import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { BrowserStore } from "../../dist/modules/worker/storage/browser-store.js";
import { storeChunk } from "../../dist/modules/worker/storage/store-chunk.js";
import {
  bytesOf,
  CHUNK,
  closeTabs,
  content,
  forever,
  hashOf,
  info,
  newName,
  openTab,
  sourceOf,
} from "./browser-store.mjs";

afterEach(closeTabs);

const ignore = { signal: forever, progress: () => {} };

for (const kind of ["indexeddb", "opfs"]) {
  test(`${kind}: a chunk whose connection is lost continues with the piece that is missing`, async () => {
    const name = newName();
    const store = openTab(name);
    await store.openFile("a", info, kind);
    const source = sourceOf({ failAfter: 9 << 20 });
    await assert.rejects(storeChunk(store, ignore, { id: "a", chunk: 0, source }), { message: "lost" });
    assert.equal((await store.find("a")).partialBytes, 9 << 20);
    const later = openTab(name);
    const rest = sourceOf();
    const progress = [];
    const call = { signal: forever, progress: ({ received }) => progress.push(received) };
    assert.equal(await storeChunk(later, call, { id: "a", chunk: 0, source: rest }), hashOf(bytesOf(0)));
    assert.equal(rest.sent, CHUNK - (9 << 20));
    assert.equal(progress[0], 9 << 20);
    const file = await later.find("a");
    assert.deepEqual([file.chunks, file.partialBytes], [[0], 0]);
    assert.deepEqual(Buffer.from(await later.read("a", 5, CHUNK - 5)), bytesOf(0).subarray(5));
  });

  test(`${kind}: pieces are stored while the chunk arrives, and a stop keeps them`, async () => {
    const store = openTab(newName());
    await store.openFile("a", info, kind);
    const stop = new AbortController();
    const source = sourceOf({ step: 256 << 10, pause: 20 });
    const storing = storeChunk(store, { ...ignore, signal: stop.signal }, { id: "a", chunk: 1, source });
    await new Promise((resolve) => setTimeout(resolve, 700));
    const early = (await store.find("a")).partialBytes; // what a crash at this moment would leave
    assert.ok(early > 0 && early <= source.sent, `${early} of ${source.sent} bytes`);
    stop.abort();
    await assert.rejects(storing);
    assert.equal((await store.find("a")).partialBytes, source.sent);
  });

  test(`${kind}: a chunk with a wrong hash is refused and its pieces are dropped`, async () => {
    const store = openTab(newName());
    await store.openFile("a", info, kind);
    const damaged = Buffer.from(content);
    damaged[3 << 20] ^= 1;
    const source = sourceOf({ bytes: damaged });
    const request = { id: "a", chunk: 0, expected: hashOf(bytesOf(0)) };
    await assert.rejects(storeChunk(store, ignore, { ...request, source }), { code: "integrity", retryable: true });
    const { chunks, partialBytes } = await store.find("a");
    assert.deepEqual([chunks, partialBytes], [[], 0]);
    await storeChunk(store, ignore, { ...request, source: sourceOf() });
    assert.deepEqual((await store.find("a")).chunks, [0]);
  });

  test(`${kind}: a chunk that is to be replaced stays until the other bytes have arrived`, async () => {
    const store = openTab(newName());
    await store.openFile("a", info, kind);
    await storeChunk(store, ignore, { id: "a", chunk: 0, source: sourceOf() });
    const other = Buffer.from(content);
    other[7] ^= 1;
    const request = { id: "a", chunk: 0, replace: true };
    const failing = sourceOf({ bytes: other, failAfter: 9 << 20 });
    await assert.rejects(storeChunk(store, ignore, { ...request, source: failing }));
    assert.deepEqual(Buffer.from(await store.read("a", 0, CHUNK)), bytesOf(0));
    await storeChunk(store, ignore, { ...request, source: sourceOf({ bytes: other }) });
    assert.deepEqual(Buffer.from(await store.read("a", 0, CHUNK)), other.subarray(0, CHUNK));
  });

  test(`${kind}: two tabs need a chunk: one stores it, and the other reports its progress`, async () => {
    const name = newName();
    const [a, b] = [openTab(name), openTab(name)];
    await a.openFile("a", info, kind);
    const source = sourceOf({ pause: 10 });
    const first = storeChunk(a, ignore, { id: "a", chunk: 0, source });
    const progress = [];
    const call = { signal: forever, progress: ({ received }) => progress.push(received) };
    const unused = sourceOf();
    const second = storeChunk(b, call, { id: "a", chunk: 0, source: unused });
    const tab = new BroadcastChannel("outrider-progress"); // both stores share one, which has no own messages
    tab.postMessage({ id: "a", chunk: 0, received: 5 });
    tab.postMessage({ id: "a", chunk: 1, received: 6 });
    await Promise.all([first, second]);
    tab.close();
    assert.deepEqual([source.sent, unused.sent, progress], [CHUNK, 0, [5]]);
  });
}

test("a store that is full keeps the pieces, and the error of the piece ends the read", async () => {
  const store = openTab(newName());
  await store.openFile("a", info, "indexeddb");
  const put = store.putPiece.bind(store);
  let left = 1;
  store.putPiece = async (...args) => {
    if (left-- > 0) return put(...args);
    throw new DOMException("full", "QuotaExceededError");
  };
  const source = sourceOf({ pause: 5 });
  await assert.rejects(storeChunk(store, ignore, { id: "a", chunk: 0, source }), { name: "QuotaExceededError" });
  assert.ok(source.sent < CHUNK);
  assert.equal((await store.find("a")).partialBytes, 4 << 20);
});

test("a chunk of a source with another size is refused, and nothing of it is kept", async () => {
  const store = openTab(newName());
  await store.openFile("a", { ...info, size: info.size + 1 }, "indexeddb");
  const storing = storeChunk(store, ignore, { id: "a", chunk: 2, source: sourceOf() });
  await assert.rejects(storing, { code: "file_changed" });
  assert.deepEqual((await store.find("a")).chunks, []);
});

test("without the browser's locks a chunk is stored all the same", async () => {
  const { locks } = navigator;
  navigator.locks = undefined;
  try {
    const store = new BrowserStore(newName());
    await store.openFile("a", info, "opfs");
    await storeChunk(store, ignore, { id: "a", chunk: 2, source: sourceOf() });
    await store.delete("a");
    assert.deepEqual(await store.list(), []);
  } finally {
    navigator.locks = locks;
  }
});

test("the buffer of a chunk that is stored is used for the next one", async () => {
  const store = openTab(newName());
  await store.openFile("a", info, "indexeddb");
  const source = sourceOf();
  const { read } = source;
  const given = [];
  const returned = [];
  source.read = async (offset, length, signal, onBytes, options) => {
    given.push(options.into);
    returned.push(await read.call(source, offset, length, signal, onBytes, options));
    return returned.at(-1);
  };
  for (const chunk of [0, 1]) await storeChunk(store, ignore, { id: "a", chunk, source });
  assert.equal(given[1], returned[0]);
  assert.deepEqual(Buffer.from(await store.read("a", 0, 2 * CHUNK)), content.subarray(0, 2 * CHUNK));
});
