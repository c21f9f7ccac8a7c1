import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { EngineError } from "../../dist/modules/errors.js";
import { Budget } from "../../dist/modules/worker/storage/budget.js";
import { serveStorage } from "../../dist/modules/worker/storage/service.js";
import { StorageClient } from "../../dist/modules/worker/storage-client.js";

const forever = new AbortController().signal;
const later = () => new Promise((resolve) => setTimeout(resolve, 20));
const ports = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** Returns a client of a storage worker whose store is a fake. */
function connect(store, maxBytes) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  serveStorage(port2, store);
  return new StorageClient(port1, maxBytes);
}

test("a budget admits requests in order, counts its peak, and admits one above the limit alone", async () => {
  const budget = new Budget(100);
  const admitted = [];
  const acquire = (bytes) => budget.acquire(bytes).then(() => admitted.push(bytes));
  await acquire(60);
  void acquire(50);
  void acquire(10); // would fit, but the request before it waits
  await later();
  assert.deepEqual(admitted, [60]);
  budget.release(60);
  await later();
  assert.deepEqual(admitted, [60, 50, 10]);
  void acquire(500);
  budget.release(50);
  await later();
  assert.equal(budget.held, 10);
  budget.release(10);
  await later();
  assert.deepEqual([budget.held, budget.peak], [500, 500]);
});

test("read counts its bytes until release, and never holds more than the limit", async () => {
  const client = connect({ read: async (_id, _offset, length) => new ArrayBuffer(length) }, 100);
  const first = await client.read(forever, "a", 0, 80);
  let second;
  void client.read(forever, "a", 0, 80).then((buffer) => (second = buffer));
  await later();
  assert.equal(second, undefined);
  assert.equal(client.bytes, 80);
  client.release(first);
  await later();
  assert.equal(second.byteLength, 80);
  client.release(second);
  assert.deepEqual([client.bytes, client.peakBytes], [0, 80]);
});

test("a released buffer is reused by a read of its length, and freed when other reads need the memory", async () => {
  const offered = [];
  const read = async (_id, _offset, length, into) => {
    offered.push(into?.byteLength);
    return into ?? new ArrayBuffer(length);
  };
  const client = connect({ read }, 200);
  const first = await client.read(forever, "a", 0, 80);
  new Uint8Array(first)[3] = 7;
  client.release(first);
  assert.equal(first.byteLength, 80); // kept
  assert.deepEqual([client.bytes, client.peakBytes], [0, 80]);
  const again = await client.read(forever, "a", 0, 80);
  assert.equal(new Uint8Array(again)[3], 7);
  client.release(again);
  client.release(await client.read(forever, "a", 0, 150)); // exceeds the limit together with the 80
  assert.deepEqual(offered, [undefined, 80, undefined]);
  assert.deepEqual([client.bytes, client.peakBytes], [0, 150]);
});

test("a store that cannot reuse a buffer returns its own", async () => {
  const client = connect({ read: async (_id, _offset, length) => new ArrayBuffer(length) }, 200);
  client.release(await client.read(forever, "a", 0, 80));
  const buffer = await client.read(forever, "a", 0, 80);
  assert.deepEqual([buffer.byteLength, client.bytes], [80, 80]);
});

test("a failed read releases its bytes and returns the error", async () => {
  const read = async () => {
    throw new EngineError("integrity", "the bytes have changed", { retryable: true });
  };
  const client = connect({ read });
  await assert.rejects(client.read(forever, "a", 0, 80), {
    code: "integrity",
    message: "the bytes have changed",
    retryable: true,
  });
  assert.equal(client.bytes, 0);
});

test("errors of the browser get a code", async () => {
  for (const [name, code] of [
    ["QuotaExceededError", "storage_full"],
    ["UnknownError", "storage_error"],
    ["AbortError", "storage_error"], // the browser closed the database; nobody aborted the call
  ]) {
    const client = connect({ list: async () => Promise.reject(new DOMException("no", name)) });
    await assert.rejects(client.call(forever, "list"), { code });
  }
});

test("storeChunk stores the hash of the bytes read, and an abort stores nothing", async () => {
  const puts = [];
  const client = connect({
    chunkHash: async () => undefined,
    readPieces: async () => 0,
    putChunk: async (...args) => void puts.push(args),
  });
  const { source } = await client.call(forever, "openPicked", new File(["abc"], "f"));
  await client.storeChunk(forever, "id", 0, source);
  const [[id, chunk, bytes, hash]] = puts;
  assert.deepEqual([id, chunk, bytes.byteLength], ["id", 0, 3]);
  assert.equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // FIPS 180-2, example 1
  await assert.rejects(client.storeChunk(AbortSignal.abort(), "id", 0, source), { code: "aborted" });
  await assert.rejects(client.storeChunk(forever, "id", 1, source), { code: "internal" });
  assert.deepEqual([puts.length, client.bytes], [1, 0]);
});

test("storeChunk does nothing if the chunk is stored", async () => {
  const client = connect({ chunkHash: async () => "ab", putChunk: () => assert.fail("stored again") });
  const { source } = await client.call(forever, "openPicked", new File(["abc"], "f"));
  await client.storeChunk(forever, "id", 0, source);
});

test("an abort ends a call within a second, even if the database never answers", async () => {
  const abort = new AbortController();
  const client = connect({ list: () => new Promise(() => {}) });
  const start = performance.now();
  setTimeout(() => abort.abort(), 20);
  await assert.rejects(client.call(abort.signal, "list"), { code: "aborted" });
  assert.ok(performance.now() - start < 1000);
});

test("an abort ends a call that has started", async () => {
  const abort = new AbortController();
  const client = connect({ list: () => later().then(() => []) });
  const opening = client.call(abort.signal, "openURL", "http://127.0.0.1:9/none"); // repeated with delays
  setTimeout(() => abort.abort(), 50);
  await assert.rejects(opening, { code: "aborted" });
});
