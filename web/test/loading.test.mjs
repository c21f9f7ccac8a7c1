// One load: when it asks before a download, and what follows from the answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToStore, LARGE_DOWNLOAD, Loading, sourceName } from "../../dist/modules/element/loading.js";
import { loadingNotice, nextAttemptText } from "../../dist/modules/element/loading-notices.js";
import { PauseSwitch } from "../../dist/modules/element/pause-switch.js";
import { en } from "../../dist/modules/text/en.js";

const url = "https://example.org/m.gguf";

/** Starts a load with an engine that records its calls. */
function startLoad(request = {}, report = { downloadBytes: 55e9, sentence: "", verdict: "runs", reasons: [] }) {
  const calls = [];
  const engine = {
    preflight: async (source, options) => {
      calls.push(["preflight", source, options]);
      return report;
    },
    load: async (source, options) => {
      calls.push(["load", source, options]);
      options.onProgress({ phase: "load" });
      return { id: "m" };
    },
  };
  let asked;
  const question = new Promise((resolve) => (asked = resolve));
  const host = { engine, requestUpdate: () => asked() };
  const reported = [];
  const loading = new Loading(host, {
    source: url,
    name: "m",
    paging: { slots: 3 },
    ask: true,
    onProgress: (p) => reported.push(p),
    ...request,
  });
  return { loading, done: loading.run(), calls, reported, question };
}

const kinds = (calls) => calls.map(([kind]) => kind);
/** The functions that a view's buttons call. */
const buttons = (view) => view.values.filter((value) => typeof value === "function");

test("a large download waits until the person agrees", async () => {
  const { loading, done, calls, question, reported } = startLoad();
  await question;
  assert.deepEqual(kinds(calls), ["preflight"]);
  assert.deepEqual([calls[0][2].measureFrom, calls[0][2].paging], [LARGE_DOWNLOAD, { slots: 3 }]);
  const [agree] = buttons(loadingNotice(en, loading));
  agree();
  assert.deepEqual(await done, { id: "m" });
  assert.deepEqual(kinds(calls), ["preflight", "load"]);
  assert.deepEqual([calls[1][2].paging, reported], [{ slots: 3 }, [{ phase: "load" }]]);
});

test("declining the download ends the load as cancelling does", async () => {
  const { loading, done, calls, question } = startLoad();
  await question;
  const [, decline] = buttons(loadingNotice(en, loading));
  decline();
  await assert.rejects(done, { code: "aborted" });
  assert.deepEqual(kinds(calls), ["preflight"]);
});

test("a small download, and one that is almost complete, start without a question", async () => {
  for (const [request, report, expected] of [
    [{ bytes: LARGE_DOWNLOAD - 1 }, undefined, ["load"]],
    [{ bytes: LARGE_DOWNLOAD }, { downloadBytes: LARGE_DOWNLOAD - 1 }, ["preflight", "load"]],
    [{}, { downloadBytes: 0 }, ["preflight", "load"]],
    [{ ask: false }, undefined, ["load"]],
  ]) {
    const { done, calls } = startLoad(request, report);
    await done;
    assert.deepEqual(kinds(calls), expected);
  }
});

test("progress after a cancel is not reported", async () => {
  const { loading, done, calls, reported } = startLoad({ ask: false });
  await done;
  loading.cancel();
  calls[0][2].onProgress({ phase: "download" });
  assert.deepEqual(reported, [{ phase: "load" }]);
});

test("the bytes to store are known of files, of completely stored models and of models on offer", () => {
  const offered = [
    { url, bytes: 5 },
    { url: "https://example.org/own.gguf", bytes: 0 },
  ];
  const stored = [
    { id: url, complete: true },
    { id: "https://example.org/half.gguf", complete: false },
  ];
  const file = (size) => new File(["x".repeat(size)], "m.gguf");
  for (const [source, storedModels, bytes] of [
    [url, stored, 0],
    [url, [], 5],
    [{ model: url, mmproj: null }, [], 5],
    ["https://example.org/own.gguf", stored, undefined],
    ["https://example.org/half.gguf", stored, undefined],
    [file(3), stored, 3],
    [[file(3), file(4)], stored, 7],
    [{ model: file(2) }, stored, 2],
  ]) {
    assert.equal(bytesToStore(source, offered, storedModels), bytes);
  }
});

test("a source is named after its model", () => {
  assert.equal(sourceName({ model: "https://example.org/some-model.gguf?x=1" }), "some-model");
  assert.equal(sourceName([new File([""], "mine.gguf"), new File([""], "vision.gguf")]), "mine");
  assert.equal(sourceName([]), "");
});

test("a download that waits says when it is attempted again", () => {
  assert.equal(nextAttemptText(en.loading, { until: 0 }, 1000), "");
  assert.equal(nextAttemptText(en.loading, { until: 13_000 }, 1000), " · next attempt in 12 s");
  assert.equal(nextAttemptText(en.loading, { until: 900 }, 1000), " · next attempt now");
});

test("a cancelled load ends within a second even if the engine does not answer", async () => {
  const engine = { load: () => new Promise(() => {}) };
  const host = { engine, requestUpdate() {} };
  const loading = new Loading(host, { source: url, name: "m", paging: {}, ask: false, onProgress() {} });
  const done = loading.run();
  const start = Date.now();
  loading.cancel();
  await assert.rejects(done, { code: "aborted" });
  assert.ok(Date.now() - start < 1000);
});

test("a pause that the engine refuses changes nothing; the next one works", async () => {
  let refuses = true;
  const calls = [];
  const call = (name) => async () => {
    if (refuses) throw new Error("no");
    calls.push(name);
  };
  const pause = new PauseSwitch({ engine: { pause: call("pause"), resume: call("resume") }, requestUpdate() {} });
  await pause.toggle();
  assert.equal(pause.paused, false);
  refuses = false;
  await pause.toggle();
  assert.equal(pause.paused, true);
  await pause.toggle();
  assert.deepEqual([pause.paused, calls], [false, ["pause", "resume"]]);
});
