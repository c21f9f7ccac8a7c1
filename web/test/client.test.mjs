// The engine's client with a scripted worker: ids, streams, aborts, errors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Engine } from "../../dist/modules/client/engine.js";
import { EngineError } from "../../dist/modules/errors.js";

/** A worker whose replies the test writes. */
class ScriptedWorker extends EventTarget {
  requests = [];
  terminated = false;

  postMessage(request) {
    this.requests.push(structuredClone(request));
  }
  terminate() {
    this.terminated = true;
  }
  reply(data) {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
  /** The latest call of a method, once it has been sent. */
  async request(method) {
    for (;;) {
      const found = this.requests.findLast((r) => r.method === method);
      if (found) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function setUp() {
  const workers = [];
  const engine = new Engine(() => {
    workers.push(new ScriptedWorker());
    return workers.at(-1);
  });
  return { engine, workers };
}

/** Progress that is a delta of a streamed answer. */
const delta = (content, finish_reason = null) => ({
  phase: "delta",
  chunk: { choices: [{ index: 0, delta: { content }, finish_reason }] },
});
const messages = [{ role: "user", content: "Hello" }];

test("no worker starts before the first call, and one serves all calls", async () => {
  const { engine, workers } = setUp();
  assert.equal(workers.length, 0);
  const [first, second] = [engine.models(), engine.stats()];
  assert.equal(workers.length, 1);
  const [models, stats] = workers[0].requests;
  assert.notEqual(models.id, stats.id);
  workers[0].reply({ id: stats.id, kind: "result", result: "stats" });
  workers[0].reply({ id: models.id, kind: "result", result: "models" });
  assert.deepEqual(await Promise.all([first, second]), ["models", "stats"]);
});

test("load names its source and reports progress", async () => {
  const { engine, workers } = setUp();
  const seen = [];
  const loaded = engine.load("https://example.org/m.gguf", { onProgress: (p) => seen.push(p) });
  const { id, args } = await workers[0].request("load");
  assert.deepEqual(args[0], { kind: "url", url: "https://example.org/m.gguf" });
  workers[0].reply({ id, kind: "progress", progress: 1 });
  workers[0].reply({ id, kind: "progress", progress: 2 });
  workers[0].reply({ id, kind: "result", result: { id: "m" } });
  assert.deepEqual(await loaded, { id: "m" });
  assert.deepEqual(seen, [1, 2]);
});

test("a stored model and files are sources too", async () => {
  const { engine, workers } = setUp();
  engine.load("local:m.gguf").catch(() => {});
  assert.deepEqual((await workers[0].request("load")).args[0], { kind: "stored", id: "local:m.gguf" });

  engine.load({ model: "https://a.b/m.gguf", mmproj: "https://a.b/e.gguf" }).catch(() => {});
  const [source, mmproj, paging] = (await workers[0].request("load")).args;
  assert.deepEqual([source.url, mmproj.url, paging], ["https://a.b/m.gguf", "https://a.b/e.gguf", {}]);
  const file = new File(["GGUF"], "m.gguf");
  engine.load(file).catch(() => {});
  assert.equal(workers[0].requests.at(-1).args[0].kind, "files");
  assert.equal(workers[0].requests.at(-1).args[0].files.length, 1);
});

test("a preflight names its source as a load does, and says from which size on to measure", async () => {
  const { engine, workers } = setUp();
  const report = engine.preflight(
    { model: "https://a.b/m.gguf", mmproj: "https://a.b/e.gguf" },
    { paging: { slots: 2 }, measureFrom: 5 },
  );
  const { id, args } = await workers[0].request("preflight");
  const [source, mmproj, settings] = args;
  assert.deepEqual(
    [source.url, mmproj.url, settings],
    ["https://a.b/m.gguf", "https://a.b/e.gguf", { paging: { slots: 2 }, measureFrom: 5 }],
  );
  workers[0].reply({ id, kind: "result", result: { sentence: "this machine" } });
  assert.equal((await report).sentence, "this machine");
  engine.preflight("https://a.b/m.gguf").catch(() => {});
  assert.deepEqual((await workers[0].request("preflight")).args[2], { paging: {}, measureFrom: 0 });
});

test("an error crosses with its code", async () => {
  const { engine, workers } = setUp();
  const failed = engine.load("https://example.org/m.gguf");
  const { id } = await workers[0].request("load");
  workers[0].reply({ id, kind: "error", error: { code: "not_found", message: "Gone.", retryable: true } });
  await assert.rejects(
    failed,
    (e) => e instanceof EngineError && e.code === "not_found" && e.message === "Gone." && e.retryable,
  );
});

test("a completion is a promise", async () => {
  const { engine, workers } = setUp();
  const completion = engine.chat.completions.create({ messages, stop: undefined });
  const { id, args } = await workers[0].request("chat");
  assert.deepEqual(args, [{ messages }]);
  workers[0].reply({ id, kind: "result", result: { object: "chat.completion" } });
  assert.deepEqual(await completion, { object: "chat.completion" });
});

test("a request that is nested too deep for a worker's stack is refused before it is sent", async () => {
  const { engine, workers } = setUp();
  const nested = (depth) => (depth ? [nested(depth - 1)] : 1);
  for (const depth of [200, 3000, 9000]) {
    await assert.rejects(engine.chat.completions.create({ messages, metadata: nested(depth) }), {
      code: "invalid_request",
      message: /nested more than 200 deep/,
    });
  }
  assert.equal(workers.length, 0);
  engine.chat.completions.create({ messages, metadata: nested(199) }).catch(() => {});
  await workers[0].request("chat");
});

test("a request that is not data is refused before it is sent", async () => {
  const { engine, workers } = setUp();
  await assert.rejects(engine.chat.completions.create({ messages: [{ role: "user", content: 1n }] }), {
    code: "invalid_request",
  });
  assert.equal(workers.length, 0);
});

test("a stream returns its deltas in order and ends", async () => {
  const { engine, workers } = setUp();
  const stream = engine.chat.completions.create({ messages, stream: true });
  const { id } = await workers[0].request("chat");
  workers[0].reply({ id, kind: "progress", progress: delta("a") });
  workers[0].reply({ id, kind: "progress", progress: delta("b", "stop") });
  workers[0].reply({ id, kind: "result", result: null });
  const texts = [];
  for await (const { choices } of await stream) texts.push(choices[0].delta.content);
  assert.deepEqual(texts, ["a", "b"]);
});

test("a stream that is refused rejects create itself", async () => {
  const { engine, workers } = setUp();
  const stream = engine.chat.completions.create({ messages, stream: true, tools: [] });
  const { id } = await workers[0].request("chat");
  workers[0].reply({ id, kind: "error", error: { code: "invalid_request", message: "tools: …", retryable: false } });
  await assert.rejects(stream, { code: "invalid_request" });
});

test("a stream that fails midway throws in the reader's loop, after what had come", async () => {
  const { engine, workers } = setUp();
  const stream = engine.chat.completions.create({ messages, stream: true });
  const { id } = await workers[0].request("chat");
  workers[0].reply({ id, kind: "progress", progress: delta("a") });
  workers[0].reply({ id, kind: "error", error: { code: "device_lost", message: "Lost.", retryable: true } });
  const texts = [];
  const read = async () => {
    for await (const { choices } of await stream) texts.push(choices[0].delta.content);
  };
  await assert.rejects(read, { code: "device_lost" });
  assert.deepEqual(texts, ["a"]);
});

test("leaving the loop aborts the work", async () => {
  const { engine, workers } = setUp();
  const stream = engine.chat.completions.create({ messages, stream: true });
  const { id } = await workers[0].request("chat");
  workers[0].reply({ id, kind: "progress", progress: delta("a") });
  for await (const _ of await stream) break;
  assert.deepEqual(workers[0].requests.at(-1), { id, kind: "abort" });
});

test("an AbortSignal sends an abort, and the stream then just ends", async () => {
  const { engine, workers } = setUp();
  const stop = new AbortController();
  const stream = engine.chat.completions.create({ messages, stream: true }, { signal: stop.signal });
  const { id } = await workers[0].request("chat");
  workers[0].reply({ id, kind: "progress", progress: delta("a") });
  const reader = (await stream)[Symbol.asyncIterator]();
  await reader.next();
  stop.abort();
  assert.deepEqual(workers[0].requests.at(-1), { id, kind: "abort" });
  workers[0].reply({ id, kind: "error", error: { code: "aborted", message: "stopped", retryable: true } });
  assert.equal((await reader.next()).done, true);
});

test("an aborted promise rejects as aborted; one aborted before is never sent", async () => {
  const { engine, workers } = setUp();
  const stop = new AbortController();
  const loading = engine.load("https://example.org/m.gguf", { signal: stop.signal });
  const { id } = await workers[0].request("load");
  stop.abort();
  workers[0].reply({ id, kind: "error", error: { code: "aborted", message: "stopped", retryable: true } });
  await assert.rejects(loading, { code: "aborted" });
  const sent = workers[0].requests.length;
  await assert.rejects(engine.load("https://example.org/m.gguf", { signal: stop.signal }), { code: "aborted" });
  assert.equal(workers[0].requests.length, sent);
});

test("a fatal error fails everything under way and the next call starts a new worker", async () => {
  const { engine, workers } = setUp();
  const [a, b] = [engine.models(), engine.stats()];
  await workers[0].request("stats");
  workers[0].reply({ kind: "fatal", error: { code: "internal", message: "panic", retryable: true } });
  await assert.rejects(a, { code: "internal", message: "panic" });
  await assert.rejects(b, { code: "internal" });
  assert.ok(workers[0].terminated);
  engine.models().catch(() => {});
  assert.equal(workers.length, 2);
});

/** Loads a model, and then lets the worker fail. */
async function loadAndFail({ engine, workers }) {
  const loading = engine.load("https://example.org/m.gguf");
  const { id } = await workers[0].request("load");
  workers[0].reply({ id, kind: "result", result: { id: "m" } });
  await loading;
  workers[0].dispatchEvent(Object.assign(new Event("error"), { message: "reading 'kind'" }));
}

test("after the worker has failed, the next question loads the model again, once, and is answered", async () => {
  const { engine, workers } = setUp();
  await loadAndFail({ engine, workers });
  const activities = [];
  const completions = [1, 2].map(() =>
    engine.chat.completions.create({ messages }, { onProgress: (p) => activities.push(p) }),
  );
  const load = await workers[1].request("load");
  assert.deepEqual(load.args[0], { kind: "url", url: "https://example.org/m.gguf" });
  workers[1].reply({ id: load.id, kind: "progress", progress: { phase: "load", bytesDone: 3, bytesTotal: 9 } });
  workers[1].reply({ id: load.id, kind: "result", result: { id: "m" } });
  await workers[1].request("chat");
  for (const { id, method } of workers[1].requests) {
    if (method === "chat") workers[1].reply({ id, kind: "result", result: { object: "chat.completion" } });
  }
  assert.equal((await Promise.all(completions)).length, 2);
  assert.equal(workers[1].requests.filter(({ method }) => method === "load").length, 1);
  assert.deepEqual(activities.at(-1), { phase: "restart", bytesDone: 3, bytesTotal: 9 });
});

test("a worker that fails before the first word is replaced once, one that fails after it is not", async () => {
  const { engine, workers } = setUp();
  await loadAndFail({ engine, workers });
  /** Lets the worker with this number load the model, and returns the call of chat that follows. */
  const asked = async (n) => {
    while (!workers[n]) await new Promise((resolve) => setImmediate(resolve));
    workers[n].reply({ id: (await workers[n].request("load")).id, kind: "result", result: { id: "m" } });
    return workers[n].request("chat");
  };
  const fail = (n) =>
    workers[n].reply({ kind: "fatal", error: { code: "internal", message: "panic", retryable: true } });
  const stream = engine.chat.completions.create({ messages, stream: true });
  await asked(1);
  fail(1);
  const { id } = await asked(2);
  workers[2].reply({ id, kind: "progress", progress: delta("a") });
  const reader = (await stream)[Symbol.asyncIterator]();
  assert.equal((await reader.next()).value.choices[0].delta.content, "a");
  fail(2);
  await assert.rejects(reader.next(), { code: "internal" });

  const completion = engine.chat.completions.create({ messages });
  for (const n of [3, 4]) {
    await asked(n);
    fail(n);
  }
  await assert.rejects(completion, { code: "internal" });
  assert.equal(workers.length, 5);
});

test("a model that was unloaded, or is being replaced, is not loaded again", async () => {
  const { engine, workers } = setUp();
  await loadAndFail({ engine, workers });
  engine.load("https://example.org/other.gguf").catch(() => {});
  await workers[1].request("load");
  engine.chat.completions.create({ messages }).catch(() => {});
  await workers[1].request("chat");
  assert.equal(workers[1].requests.filter(({ method }) => method === "load").length, 1);
});

test("a limit of the bandwidth outlives the worker", async () => {
  const { engine, workers } = setUp();
  engine.limitBandwidth(1e6).catch(() => {});
  await workers[0].request("limitBandwidth");
  workers[0].reply({ kind: "fatal", error: { code: "internal", message: "panic", retryable: true } });
  engine.models().catch(() => {});
  assert.deepEqual((await workers[1].request("limitBandwidth")).args, [1e6]);
  for (const { requests } of workers) {
    assert.equal(requests.filter(({ method }) => method === "limitBandwidth").length, 1);
  }
});

test("an abort is answered within a second even if the worker is silent", async () => {
  const { engine, workers } = setUp();
  const stop = new AbortController();
  const loading = engine.load("https://example.org/m.gguf", { signal: stop.signal });
  await workers[0].request("load");
  const start = performance.now();
  stop.abort();
  await assert.rejects(loading, { code: "aborted" });
  assert.ok(performance.now() - start < 1000);
});

test("close ends the worker and what is under way", async () => {
  const { engine, workers } = setUp();
  const models = engine.models();
  engine.close();
  await assert.rejects(models, { code: "aborted" });
  assert.ok(workers[0].terminated);
});

test("a source that is not an address is refused before it is sent", async () => {
  const { engine, workers } = setUp();
  await assert.rejects(engine.load("https://"), { code: "invalid_request" });
  assert.equal(workers.length, 0);
});
