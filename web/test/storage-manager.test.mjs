// The list of stored models: how files are grouped, which model is suggested for deletion, and the texts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { errorActions, fileIds } from "../../dist/modules/element/error-actions.js";
import { groupFiles, leastRecentlyUsed, StorageManager } from "../../dist/modules/element/storage-manager.js";
import { describe } from "../../dist/modules/element/storage-view.js";
import { en } from "../../dist/modules/text/en.js";

const at = "https://example.org/";
const file = (id, more) => ({
  id,
  name: id.split("/").pop(),
  bytesStored: 10,
  bytesTotal: 10,
  complete: true,
  onDisk: false,
  used: 1,
  verified: false,
  ...more,
});
const catalogue = [{ id: "m", name: "Model", url: `${at}m.gguf`, mmproj: `${at}mmproj.gguf`, bytes: 1, note: "" }];

test("the parts of a split model are one model, which is complete when all of them are", () => {
  const parts = [file(`${at}m-00001-of-00002.gguf`), file(`${at}m-00002-of-00002.gguf`, { complete: false, used: 7 })];
  const [group, ...others] = groupFiles(parts, []);
  assert.deepEqual(others, []);
  assert.deepEqual([group.id, group.name, group.bytesStored], [parts[0].id, "m", 20]);
  assert.deepEqual([group.complete, group.vision, group.used], [false, false, 7]);
});

test("the vision file of a catalogue's model belongs to it, unless only the vision file is stored", () => {
  const vision = file(`${at}mmproj.gguf`);
  const [group, ...others] = groupFiles([vision, file(`${at}m.gguf`)], catalogue);
  assert.deepEqual(others, []);
  assert.deepEqual([group.id, group.name, group.vision, group.files.length], [`${at}m.gguf`, "Model", true, 2]);
  assert.deepEqual(
    groupFiles([vision], catalogue).map(({ id }) => id),
    [vision.id],
  );
  assert.equal(groupFiles([vision], catalogue)[0].vision, false);
});

test("the model used least recently is suggested, and never a file on the disk", () => {
  const groups = groupFiles(
    [file("a", { used: 3 }), file("b", { used: 2 }), file("c", { used: 1, onDisk: true })],
    catalogue,
  );
  assert.equal(leastRecentlyUsed(groups).id, "b");
  assert.equal(leastRecentlyUsed([]), undefined);
});

test("a model is described by its size, where it is, and when it was used", () => {
  const now = 1e12;
  const of = (more) => describe(en, groupFiles([file("a.gguf", more)], [])[0], now);
  assert.equal(of({ used: 0 }), "10 B");
  assert.equal(of({ used: now - 90 * 60_000, onDisk: true }), "10 B, on your disk · used 1 hour ago");
  assert.equal(of({ used: now, complete: false }), "10 B · incomplete · used just now");
});

test("the result of a check says how many parts have changed", () => {
  const { unchanged, changed } = en.storage;
  assert.match(unchanged, /every byte is as it was stored/);
  assert.match(changed(1), /1 part has changed.*downloads it again/);
  assert.match(changed(3), /3 parts have changed.*downloads them again/);
});

/** Makes a manager of these files whose engine records the deletions. */
function makeManager(files) {
  const deleted = [];
  const engine = {
    models: async () => [],
    storage: async () => ({ freeBytes: 5, persisted: true, files: files.filter(({ id }) => !deleted.includes(id)) }),
    deleteModel: async (id) => void deleted.push(id),
  };
  const renderRoot = { querySelector: () => null };
  const host = { engine, catalogue, renderRoot, updateComplete: Promise.resolve(), requestUpdate() {} };
  return { manager: new StorageManager(host, assert.fail), deleted };
}

test("nothing is deleted before the person agrees", async () => {
  const { manager, deleted } = makeManager([file(`${at}m.gguf`), file(`${at}mmproj.gguf`), file("other")]);
  await manager.askToDelete(`${at}m.gguf`);
  assert.equal(manager.question.id, `${at}m.gguf`);
  manager.decline();
  await manager.agree();
  assert.deepEqual(deleted, []);
  await manager.askToDelete(`${at}mmproj.gguf`);
  await manager.agree();
  assert.deepEqual(deleted, [`${at}m.gguf`, `${at}mmproj.gguf`]);
  assert.deepEqual(
    manager.groups.map(({ id }) => id),
    ["other"],
  );
});

/** Returns the ids that the actions for a changed file delete. */
async function deletedBy(message, source) {
  const deleted = [];
  const engine = { deleteModel: async (id) => void deleted.push(id) };
  const actions = errorActions(
    { error: { code: "file_changed", message }, source },
    { texts: en, engine, dismiss() {} },
  );
  assert.equal(actions[0].label, "Keep what is stored");
  actions[1]?.run();
  return deleted;
}

test("only the file that an error names is deleted", async () => {
  const source = { model: `${at}m-00001-of-00003.gguf?x=1`, mmproj: `${at}mmproj%20m.gguf` };
  assert.deepEqual(await deletedBy("mmproj m.gguf: the file has changed", source), [source.mmproj]);
  assert.deepEqual(await deletedBy("m-00003-of-00003.gguf: the file has changed", source), [source.model]);
  assert.deepEqual(await deletedBy("a file has changed", source), []);
  assert.deepEqual(await deletedBy("m.gguf on your disk has changed", "local:m.gguf"), ["local:m.gguf"]);
  assert.deepEqual(await deletedBy("m.gguf has changed", undefined), []);
});

test("the files of a source are its model and its vision file", () => {
  assert.deepEqual(fileIds({ model: "a", mmproj: "b" }), ["a", "b"]);
  assert.deepEqual(fileIds("a"), ["a"]);
  assert.deepEqual(fileIds([new File([""], "a.gguf"), new File([""], "b.gguf")]), ["local:a.gguf", "local:b.gguf"]);
});

test("other errors have the actions that fit them", () => {
  const labels = (code) =>
    errorActions({ error: { code, message: "" }, source: "a" }, { texts: en }).map(({ label }) => label);
  assert.deepEqual(labels("permission_needed"), ["Allow"]);
  assert.deepEqual(labels("storage_full"), ["Free space…"]);
  assert.deepEqual(labels("no_cors"), []);
});
