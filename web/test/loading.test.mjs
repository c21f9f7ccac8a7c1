// A load from the choice to its end: when it asks, and what follows from the answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToMove, LARGE, Loading, sourceName } from "../../dist/modules/element/loading.js";

const url = "https://example.org/m.gguf";

/** Begins a load with an engine that notes what it is asked for. */
function begin(wanted = {}, report = { downloadBytes: 55e9, sentence: "", verdict: "runs", reasons: [] }) {
  const calls = [];
  const engine = {
    preflight: async (source, options) => (calls.push(["preflight", source, options]), report),
    load: async (source, options) => {
      calls.push(["load", source, options]);
      options.onProgress({ phase: "load" });
      return { id: "m" };
    },
  };
  let asked, updates = 0;
  const question = new Promise((resolve) => (asked = resolve));
  const host = { engine, requestUpdate: () => (updates++, asked()) };
  const heard = [];
  const loading = new Loading(host, { source: url, name: "m", paging: { slots: 3 }, ask: true, onProgress: (p) => heard.push(p), ...wanted });
  return { loading, done: loading.run(), calls, heard, question, updates: () => updates };
}

const kinds = (calls) => calls.map(([kind]) => kind);
/** The functions that a view's buttons would call. */
const buttons = (view) => view.values.filter((value) => typeof value === "function");

test("a large download waits for a yes", async () => {
  const { loading, done, calls, question, heard } = begin();
  await question;
  assert.deepEqual(kinds(calls), ["preflight"]);
  assert.deepEqual([calls[0][2].measureFrom, calls[0][2].paging], [LARGE, { slots: 3 }]);
  const [agree] = buttons(loading.view());
  agree();
  assert.deepEqual(await done, { id: "m" });
  assert.deepEqual(kinds(calls), ["preflight", "load"]);
  assert.deepEqual([calls[1][2].paging, heard], [{ slots: 3 }, [{ phase: "load" }]]);
});

test("a no ends the load as if it had been cancelled", async () => {
  const { loading, done, calls, question } = begin();
  await question;
  const [, decline] = buttons(loading.view());
  decline();
  await assert.rejects(done, { code: "aborted" });
  assert.deepEqual(kinds(calls), ["preflight"]);
});

test("what is small, or mostly there, is not asked about", async () => {
  for (const [wanted, report, expected] of [
    [{ bytes: LARGE - 1 }, undefined, ["load"]],
    [{ bytes: LARGE }, { downloadBytes: LARGE - 1 }, ["preflight", "load"]],
    [{}, { downloadBytes: 0 }, ["preflight", "load"]],
    [{ ask: false }, undefined, ["load"]],
  ]) {
    const { done, calls } = begin(wanted, report);
    await done;
    assert.deepEqual(kinds(calls), expected);
  }
});

test("progress that comes after a cancel is not told", async () => {
  const { loading, done, calls, heard } = begin({ ask: false });
  await done;
  loading.cancel();
  calls[0][2].onProgress({ phase: "download" });
  assert.deepEqual(heard, [{ phase: "load" }]);
});

test("how much will move is known of files, of what is stored whole and of what is offered", () => {
  const offered = [{ url, bytes: 5 }, { url: "https://example.org/own.gguf", bytes: 0 }];
  const stored = [{ id: url, complete: true }, { id: "https://example.org/half.gguf", complete: false }];
  const file = (size) => new File(["x".repeat(size)], "m.gguf");
  for (const [source, held, bytes] of [
    [url, stored, 0],
    [url, [], 5],
    [{ model: url, mmproj: null }, [], 5],
    ["https://example.org/own.gguf", stored, undefined],
    ["https://example.org/half.gguf", stored, undefined],
    [file(3), stored, 3],
    [[file(3), file(4)], stored, 7],
    [{ model: file(2) }, stored, 2],
  ]) {
    assert.equal(bytesToMove(source, offered, held), bytes);
  }
});

test("a source is named after its model", () => {
  assert.equal(sourceName({ model: "https://example.org/some-model.gguf?x=1" }), "some-model");
  assert.equal(sourceName([new File([""], "mine.gguf"), new File([""], "eyes.gguf")]), "mine");
  assert.equal(sourceName([]), "");
});
