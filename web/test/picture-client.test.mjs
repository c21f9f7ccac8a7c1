// The client of the picture worker: when the worker starts and ends, and what is kept.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PictureClient } from "../../dist/modules/worker/picture-client.js";

/** A picture worker whose replies the test writes. */
class FakeWorker extends EventTarget {
  requests = [];
  ended = false;

  postMessage(request) {
    this.requests.push(request);
  }
  terminate() {
    this.ended = true;
  }
  reply(data) {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

function newClient(idle = 5) {
  const workers = [];
  const client = new PictureClient(() => workers[workers.push(new FakeWorker()) - 1], idle);
  return { client, workers };
}

const cut = (width) => ({ width, height: 1, tiles: new Uint8Array(3), seconds: 0.1 });
const never = new AbortController().signal;

test("the worker starts with the first picture and ends when idle", async () => {
  const { client, workers } = newClient();
  assert.equal(workers.length, 0);
  const first = client.cut(never, "blob:a", 336, 16);
  assert.deepEqual(workers[0].requests, [
    { kind: "call", id: 1, method: "cut", args: ["blob:a", { tile: 336, maxTiles: 16 }] },
  ]);
  workers[0].reply({ kind: "result", id: 1, result: cut(7) });
  assert.equal((await first).width, 7);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.ok(workers[0].ended);
  client.cut(never, "blob:b", 336, 16);
  assert.equal(workers.length, 2);
});

test("a checked picture is kept for one request of the same geometry", async () => {
  const { client, workers } = newClient();
  const checked = client.check(never, "blob:a", 336, 16);
  workers[0].reply({ kind: "result", id: 1, result: cut(7) });
  await checked;
  client.cut(never, "blob:a", 336, 4);
  assert.equal(workers[0].requests.length, 2);
  assert.equal((await client.cut(never, "blob:a", 336, 16)).width, 7);
  assert.equal(workers[0].requests.length, 2);
  client.cut(never, "blob:a", 336, 16);
  assert.equal(workers[0].requests.length, 3);
});

test("a refused picture and a broken worker reject with their own errors; the next call starts a worker", async () => {
  const { client, workers } = newClient();
  const refused = client.cut(never, "blob:a", 336, 16);
  const lost = client.cut(never, "blob:b", 336, 16);
  workers[0].reply({ kind: "error", id: 1, error: { code: "bad_image", message: "", retryable: false } });
  await assert.rejects(refused, { code: "bad_image" });
  workers[0].reply({ kind: "fatal", error: { code: "image_too_large", message: "", retryable: false } });
  await assert.rejects(lost, { code: "image_too_large" });
  assert.ok(workers[0].ended);
  client.cut(never, "blob:c", 336, 16);
  assert.equal(workers.length, 2);
});

test("an aborted call posts an abort to the worker, and ends within a second even if that is silent", async () => {
  const { client, workers } = newClient();
  const stop = new AbortController();
  const cutting = client.cut(stop.signal, "blob:a", 336, 16);
  const start = performance.now();
  stop.abort();
  assert.deepEqual(workers[0].requests[1], { kind: "abort", id: 1 });
  await assert.rejects(cutting, { code: "aborted" });
  assert.ok(performance.now() - start < 1000);
});
