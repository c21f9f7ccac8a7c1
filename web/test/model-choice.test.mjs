// Which source a model of the catalogue is loaded from.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ModelChoice } from "../../dist/modules/element/model-choice.js";

const url = "https://example.org/resolve/0123abc/m.gguf";
const catalogue = [
  { id: "pinned", name: "Pinned", url, mmproj: "https://example.org/v.gguf", bytes: 1, sha256: "ab".repeat(32) },
  { id: "plain", name: "Plain", url, bytes: 1 },
];

/** Returns the source and the name with which a model is loaded. */
function loaded(model, integrity = null) {
  const loads = [];
  const host = { catalogue, model, mmproj: null, integrity, load: async (...args) => void loads.push(args) };
  new ModelChoice(host, { model: () => undefined, unload() {}, report: assert.fail }).apply();
  return loads[0];
}

test("the hash of a catalogue's entry is the integrity of its load, unless the element has another", () => {
  const [entry] = catalogue;
  const files = { model: url, mmproj: entry.mmproj };
  assert.deepEqual(loaded("pinned"), [{ ...files, integrity: entry.sha256 }, "Pinned"]);
  assert.deepEqual(loaded("pinned", "sha256-x"), [{ ...files, integrity: "sha256-x" }, "Pinned"]);
  assert.deepEqual(loaded("plain"), [{ model: url, mmproj: null, integrity: undefined }, "Plain"]);
});
