// The stored conversations, on IndexedDB as it is in browsers, with the tabs of a site.

import assert from "node:assert/strict";
import { test } from "node:test";
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { Archive } from "../../dist/modules/conversation/archive.js";
import { Conversation } from "../../dist/modules/conversation/conversation.js";
import { IndexedDBBackend } from "../../dist/modules/conversation/indexeddb.js";
import { Keeper } from "../../dist/modules/conversation/keeper.js";
import { newMessage } from "../../dist/modules/conversation/message.js";
import { titleOf } from "../../dist/modules/conversation/records.js";
import { ConversationStore } from "../../dist/modules/conversation/store.js";

/** Connects stores as a BroadcastChannel connects tabs. */
class Channels {
  #listeners = [];

  open() {
    const own = [];
    this.#listeners.push(own);
    return {
      addEventListener: (_, listener) => own.push(listener),
      postMessage: (data) => {
        for (const other of this.#listeners) if (other !== own) for (const listener of other) listener({ data });
      },
    };
  }
}

/** Returns two tabs of a site where nothing is stored. */
function twoTabs() {
  globalThis.indexedDB = new IDBFactory();
  const channels = new Channels();
  return [1, 2].map(() => new ConversationStore(new IndexedDBBackend(() => {}), channels.open()));
}

/** Waits until a condition holds. */
async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const user = (text, parent = null, fields = {}) => newMessage({ parent, role: "user", text, ...fields });
const put = (store, id, message, growing = false) => store.put(id, { message, growing, leaf: message.id });
const titles = async (store) => (await store.list()).map(({ title }) => title);

test("a conversation begins with its first message, whose words are its title", async () => {
  const [store] = twoTabs();
  const message = user("  What is\nthe capital of France? ", null, { created: 5 });
  await put(store, "c", message);
  const { record, messages } = await store.open("c");
  assert.equal(record.title, "What is the capital of France?");
  assert.deepEqual([record.updated, record.leaf, record.pinned], [5, message.id, false]);
  assert.deepEqual(messages, [{ ...message, conversation: "c", cut: undefined }]);
  await put(store, "c", newMessage({ parent: message.id, role: "assistant", text: "Paris", model: "Nano" }));
  assert.equal((await store.open("c")).record.model, "Nano");
  assert.deepEqual(await titles(store), ["What is the capital of France?"]);
});

test("a long title ends at a word", () => {
  assert.equal(titleOf("word ".repeat(20)), `${"word ".repeat(11)}word…`);
  assert.equal(titleOf("x".repeat(70)), `${"x".repeat(60)}…`);
});

test("pictures are stored as they are", async () => {
  const [store] = twoTabs();
  const blob = new Blob(["PNG"], { type: "image/png" });
  await put(store, "c", user("", null, { pictures: [{ id: 1, name: "cat.png", url: "blob:x", checked: true, blob }] }));
  const { record, messages } = await store.open("c");
  assert.equal(record.title, "cat.png");
  assert.deepEqual(Object.keys(messages[0].pictures[0]), ["name", "blob"]);
});

test("pinned conversations come first, then the latest", async () => {
  const [store] = twoTabs();
  for (const [i, text] of ["one", "two", "three"].entries()) await put(store, text, user(text, null, { created: i }));
  await store.pin("one", true);
  assert.deepEqual(await titles(store), ["one", "three", "two"]);
  await store.rename("two", " II ");
  await store.rename("three", "  ");
  assert.deepEqual(await titles(store), ["one", "three", "II"]);
});

test("search finds words of titles and messages in any case", async () => {
  const [store] = twoTabs();
  await put(store, "a", user("Where is Oslo?"));
  await put(store, "a", newMessage({ parent: null, role: "assistant", text: "In Norway" }));
  await put(store, "b", user("Where is Paris?"));
  await store.rename("b", "Travel");
  assert.deepEqual([...(await store.search("where NORWAY"))], ["a"]);
  assert.deepEqual([...(await store.search("travel paris"))], ["b"]);
  assert.deepEqual([...(await store.search("where"))], ["a", "b"]);
  assert.deepEqual([...(await store.search("berlin"))], []);
});

test("two tabs that write in one conversation keep each other's messages, as branches", async () => {
  const [one, two] = twoTabs();
  const first = user("hello");
  await put(one, "c", first);
  await two.open("c");
  await Promise.all([put(one, "c", user("from one", first.id)), put(two, "c", user("from two", first.id))]);
  const { messages } = await one.open("c");
  assert.deepEqual(messages.map(({ text }) => text).sort(), ["from one", "from two", "hello"]);
});

test("each tab is told what the others change", async () => {
  const [one, two] = twoTabs();
  const [seenByOne, seenByTwo] = [[], []];
  one.listen((change) => seenByOne.push(change));
  const stop = two.listen((change) => seenByTwo.push(change));
  await put(one, "c", user("hello"));
  assert.deepEqual(seenByOne, [{ id: "c", deleted: false, remote: false }]);
  assert.deepEqual(seenByTwo, [{ id: "c", deleted: false, remote: true }]);
  await one.delete("c");
  assert.deepEqual(seenByTwo[1], { id: "c", deleted: true, remote: true });
  stop();
  await put(one, "d", user("hello"));
  assert.equal(seenByTwo.length, 2);
});

test("what another tab deleted does not come back with the next word", async () => {
  const [one, two] = twoTabs();
  const answer = newMessage({ parent: null, role: "assistant", text: "a" });
  await put(one, "c", user("hello"));
  await put(one, "c", answer, true);
  await two.delete("c");
  await put(one, "c", { ...answer, text: "a b" });
  assert.equal(await one.open("c"), undefined);
  assert.deepEqual(await two.export(), []);
});

test("a draft is kept with its conversation; one without a word is gone", async () => {
  const [store] = twoTabs();
  await store.saveDraft("c", { text: "half a", pictures: [] });
  assert.equal((await store.open("c")).record.draft.text, "half a");
  await store.saveDraft("c", undefined);
  assert.deepEqual(await store.list(), []);
  await put(store, "c", user("half a sentence"));
  await store.saveDraft("c", { text: "more", pictures: [] });
  await store.saveDraft("c", undefined);
  assert.equal((await store.open("c")).record.draft, undefined);
});

test("messages are deleted, and the branch that is shown is remembered", async () => {
  const [store] = twoTabs();
  const [a, b] = [user("a"), user("b")];
  await put(store, "c", a);
  await put(store, "c", b);
  await store.select("c", a.id);
  assert.equal((await store.open("c")).record.leaf, a.id);
  await store.removeMessages("c", [a.id], b.id);
  const { record, messages } = await store.open("c");
  assert.deepEqual([record.leaf, messages.map(({ id }) => id)], [b.id, [b.id]]);
});

/** Records what a keeper writes. */
function recordingStore() {
  const writes = [];
  const record = (method) => async (_id, what) => void writes.push([method, what]);
  return { writes, put: record("put"), saveDraft: record("saveDraft"), removeMessages: record("removeMessages") };
}

test("an answer is written with its first word, then once a second, and at its end", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1e6 });
  const store = recordingStore();
  const conversation = new Conversation(new Keeper(store, assert.fail), "c");
  const answer = newMessage({ parent: null, role: "assistant", text: "" });
  conversation.put(answer, true);
  t.mock.timers.tick(1);
  assert.equal(store.writes.length, 0);
  for (let i = 1; i <= 100; i++) {
    conversation.put({ ...answer, text: "x".repeat(i) }, true);
    t.mock.timers.tick(30);
  }
  assert.deepEqual(
    store.writes.map(([, { message, growing }]) => [message.text.length, growing]),
    [
      [1, true],
      [35, true],
      [69, true],
    ],
  );
  conversation.put({ ...answer, text: "end" });
  assert.equal(store.writes.at(-1)[1].growing, false);
  t.mock.timers.tick(5000);
  assert.equal(store.writes.length, 4);
});

test("what waits is written when the page is left", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1e6 });
  const store = recordingStore();
  const keeper = new Keeper(store, assert.fail);
  const conversation = new Conversation(keeper, "c");
  const answer = newMessage({ parent: null, role: "assistant", text: "one" });
  conversation.put(answer, true);
  t.mock.timers.tick(1);
  conversation.put({ ...answer, text: "one two" }, true);
  keeper.draftChanged("c", { text: "half", pictures: [] });
  keeper.flush();
  assert.deepEqual(
    store.writes.map(([method, what]) => [method, what.message?.text ?? what.text]),
    [
      ["put", "one"],
      ["put", "one two"],
      ["saveDraft", "half"],
    ],
  );
});

test("the draft of another conversation is written before it is left", () => {
  const store = recordingStore();
  const keeper = new Keeper(store, assert.fail);
  keeper.draftChanged("a", { text: "A", pictures: [] });
  keeper.draftChanged("b", { text: "B", pictures: [] });
  assert.deepEqual(store.writes, [["saveDraft", { text: "A", pictures: [] }]]);
  keeper.flush();
});

/** An archive whose host records what it is told. */
function archive(backend) {
  const host = {
    conversation: new Conversation(undefined, "c"),
    losses: [],
    current: () => host.conversation,
    lost: (loss) => host.losses.push(loss),
    changedElsewhere() {},
  };
  return { host, archive: new Archive(host, (onLost) => backend?.(onLost) ?? new IndexedDBBackend(onLost)) };
}

/** Gives the test a localStorage. */
function useLocalStorage() {
  const values = new Map();
  globalThis.localStorage = {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, value),
    removeItem: (key) => values.delete(key),
  };
}

test("an answer is growing until its end is written; a fresh tab opens one that never ended, once", async () => {
  globalThis.indexedDB = new IDBFactory();
  const first = archive();
  const conversation = new Conversation(first.archive.keeper, "c");
  const question = user("hello");
  conversation.put(question);
  await first.archive.store.put("c", {
    message: newMessage({ parent: question.id, role: "assistant", text: "Hi" }),
    growing: true,
    leaf: question.id,
  });
  const stored = await archive().archive.reopen(null);
  assert.equal(stored.messages.find(({ role }) => role === "assistant").cut, "interrupted");
  assert.equal(await archive().archive.reopen(null), undefined);
  assert.equal((await archive().archive.reopen("c")).record.id, "c");
});

test("conversations that the browser has deleted are counted, once; those that a person deleted are not", async () => {
  globalThis.indexedDB = new IDBFactory();
  useLocalStorage();
  const before = archive();
  await before.archive.reopen(null);
  await put(before.archive.store, "a", user("hello"));
  await put(before.archive.store, "b", user("hello"));
  await until(() => localStorage.getItem("outrider.conversations") === "2");
  globalThis.indexedDB = new IDBFactory();
  const after = archive();
  await after.archive.reopen(null);
  assert.deepEqual(after.host.losses, [{ kind: "cleared", count: 2 }]);
  await put(after.archive.store, "a", user("hello"));
  await after.archive.store.delete("a");
  await until(() => localStorage.getItem("outrider.conversations") === "0");
  const later = archive();
  await later.archive.reopen(null);
  assert.deepEqual(later.host.losses, []);
  delete globalThis.localStorage;
});

test("a conversation that is open when the browser deletes the database is stored again", async () => {
  globalThis.indexedDB = new IDBFactory();
  useLocalStorage();
  let lose;
  const { host, archive: kept } = archive((onLost) => {
    const backend = new IndexedDBBackend(onLost);
    lose = async () => {
      await backend.close();
      globalThis.indexedDB = new IDBFactory();
      onLost();
    };
    return backend;
  });
  host.conversation = new Conversation(kept.keeper, "c");
  host.conversation.put(user("hello"));
  await until(() => localStorage.getItem("outrider.conversations") === "1");
  await lose();
  await until(async () => (await titles(kept.store)).length === 1);
  assert.deepEqual(host.losses, [{ kind: "cleared", count: 1 }]);
  assert.deepEqual(await titles(kept.store), ["hello"]);
  delete globalThis.localStorage;
});

test("a database that fails is told once, and nothing throws", async () => {
  const fail = () => Promise.reject(new DOMException("denied", "SecurityError"));
  const { host, archive: broken } = archive(() => ({
    conversations: fail,
    messages: fail,
    update: fail,
    delete: fail,
  }));
  assert.equal(await broken.reopen(null), undefined);
  const conversation = new Conversation(broken.keeper, "c");
  conversation.put(user("hello"));
  conversation.select(conversation.leaf);
  await until(() => host.losses.length > 0);
  assert.deepEqual(host.losses, [{ kind: "failed" }]);
});
