// Calls between threads, over a MessageChannel and with a scripted worker.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { EngineError } from "../../dist/modules/errors.js";
import { Client, serve } from "../../dist/modules/rpc.js";

const ports = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** A client of a server with these handlers, and the server's handle. */
function connect(handlers, toData) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const server = serve(port2, handlers, toData);
  return { client: new Client(port1), server };
}

/** A promise and what settles it. */
function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

test("each call gets its own result, whatever the order of the answers", async () => {
  const first = deferred();
  const { client } = connect({
    slow: (_, name) => first.promise.then(() => `${name} slowly`),
    quick: async (_, a, b) => a + b,
  });
  const slow = client.call("slow", ["done"]);
  assert.equal(await client.call("quick", [2, 3]), 5);
  assert.equal(client.pending, 1);
  first.resolve();
  assert.equal(await slow, "done slowly");
  assert.equal(client.pending, 0);
});

test("progress arrives in order, before the result", async () => {
  const { client } = connect({
    count: async ({ progress }, n) => {
      for (let i = 0; i < n; i++) progress(i);
      return "end";
    },
  });
  const seen = [];
  seen.push(await client.call("count", [3], { onProgress: (i) => seen.push(i) }));
  assert.deepEqual(seen, [0, 1, 2, "end"]);
  assert.equal(await client.call("count", [3]), "end", "a caller that ignores progress");
});

test("an error keeps its code, message and whether to try again; any other thrown value is internal", async () => {
  const { client } = connect({
    full: async () => {
      throw new EngineError("storage_full", "no space", { retryable: true });
    },
    busy: async () => {
      throw new EngineError("http_status", "busy", { retryable: true, retryAfter: 30_000 });
    },
    fromGo: async () => Promise.reject({ code: "not_gguf", message: "no magic", retryable: false }),
    broken: async () => null.length,
    nodeError: async () => Promise.reject(Object.assign(new Error("no file"), { code: "ENOENT" })),
  });
  await assert.rejects(client.call("full", []), new EngineError("storage_full", "no space", { retryable: true }));
  await assert.rejects(client.call("busy", []), { code: "http_status", retryAfter: 30_000 });
  await assert.rejects(client.call("fromGo", []), new EngineError("not_gguf", "no magic"));
  await assert.rejects(client.call("broken", []), { code: "internal", message: /inside Outrider: Cannot read/ });
  await assert.rejects(client.call("nodeError", []), { code: "internal", message: /inside Outrider: no file/ });
});

test("a method that the server lacks is an internal error", async () => {
  const { client } = connect({});
  await assert.rejects(client.call("absent", []), { code: "internal" });
});

test("a server can name the errors of its own kind", async () => {
  const toData = ({ message }) => ({ code: "storage_error", message, retryable: true });
  const { client } = connect({ read: async () => Promise.reject(new Error("disk")) }, toData);
  await assert.rejects(client.call("read", []), { code: "storage_error", message: "disk", retryable: true });
});

test("an abort fires the handler's signal, and the call rejects when the handler has ended", async () => {
  const ended = deferred();
  const { client } = connect({
    wait: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => ended.promise.then(() => reject(new EngineError("aborted", "stopped"))));
      }),
  });
  const stop = new AbortController();
  let settled = false;
  const waiting = client.call("wait", [], { signal: stop.signal }).finally(() => (settled = true));
  stop.abort();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(settled, false);
  ended.resolve();
  await assert.rejects(waiting, { code: "aborted" });
});

test("an abort of one call leaves the others alone, and one that comes too late changes nothing", async () => {
  const { client } = connect({ echo: async ({ signal }, value) => (signal.aborted ? "aborted" : value) });
  const stop = new AbortController();
  assert.equal(await client.call("echo", [1], { signal: stop.signal }), 1);
  stop.abort();
  assert.equal(await client.call("echo", [2]), 2);
  await assert.rejects(client.call("echo", [3], { signal: stop.signal }), { code: "aborted", retryable: true });
});

test("buffers move to the server and back instead of being copied", async () => {
  const { client } = connect({
    add: async ({ transfer }, buffer) => {
      new Uint8Array(buffer)[0]++;
      transfer.push(buffer);
      return buffer;
    },
  });
  const sent = new Uint8Array([7]).buffer;
  const returned = await client.call("add", [sent], { transfer: [sent] });
  assert.equal(sent.byteLength, 0);
  assert.deepEqual([...new Uint8Array(returned)], [8]);
});

test("arguments that cannot be sent reject the call, which is then not pending", async () => {
  const { client } = connect({ echo: async (_, value) => value });
  await assert.rejects(client.call("echo", [() => {}]), { name: "DataCloneError" });
  assert.equal(client.pending, 0);
});

test("a result that cannot be sent is an error of the call", async () => {
  const { client } = connect({ method: async () => () => {} });
  await assert.rejects(client.call("method", []), { code: "internal" });
});

test("a server that ends rejects every pending call", async () => {
  const { client, server } = connect({ wait: () => new Promise(() => {}) });
  const calls = [client.call("wait", []), client.call("wait", [])];
  server.fatal({ code: "internal", message: "panic", retryable: true });
  for (const call of calls) await assert.rejects(call, { code: "internal", message: "panic", retryable: true });
  assert.equal(client.pending, 0);
});

/** A worker that can break. */
class BrokenWorker extends EventTarget {
  terminated = 0;
  postMessage() {}
  terminate() {
    this.terminated++;
  }
}

test("a worker that breaks outside of a call is ended, and the error says what does not work", async () => {
  const worker = new BrokenWorker();
  let fatal = 0;
  const client = new Client(worker, { failure: "pictures cannot be read", onFatal: () => fatal++ });
  const call = client.call("cut", []);
  worker.dispatchEvent(Object.assign(new Event("error"), { message: "SyntaxError" }));
  await assert.rejects(call, {
    code: "internal",
    message: "pictures cannot be read: SyntaxError; reload the page and try again",
    retryable: true,
  });
  assert.deepEqual([worker.terminated, fatal], [1, 1]);
});

test("a worker whose script cannot be loaded has no message of the browser", async () => {
  const worker = new BrokenWorker();
  const call = new Client(worker, { failure: "pictures cannot be read" }).call("cut", []);
  worker.dispatchEvent(new Event("error"));
  await assert.rejects(call, { message: "pictures cannot be read; reload the page and try again" });
});

test("close ends the worker and rejects what is pending as aborted", async () => {
  const worker = new BrokenWorker();
  const client = new Client(worker);
  const call = client.call("cut", []);
  client.close();
  await assert.rejects(call, { code: "aborted" });
  assert.equal(worker.terminated, 1);
});
