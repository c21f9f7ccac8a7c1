// The tree of a conversation's messages, and the open conversation on it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../../dist/modules/conversation/conversation.js";
import { newMessage } from "../../dist/modules/conversation/message.js";
import { branches, leafWithout, newestLeaf, pathTo, subtree } from "../../dist/modules/conversation/tree.js";

/**
 * A question with two answers, the second followed by a question that was edited; in no order.
 *
 *   a ─ b
 *     └ c ─ d
 *         └ e ─ f
 */
const nodes = [
  ["f", "e", 6],
  ["c", "a", 3],
  ["a", null, 1],
  ["e", "c", 5],
  ["b", "a", 2],
  ["d", "c", 4],
].map(([id, parent, created]) => ({ id, parent, created, role: "user", text: id, pictures: [] }));

const ids = (list) => [...list].map(({ id }) => id).join("");

test("a path leads from the first message to its end", () => {
  assert.equal(ids(pathTo(nodes, "f")), "acef");
  assert.equal(ids(pathTo(nodes, "b")), "ab");
  assert.equal(ids(pathTo(nodes, null)), "");
  assert.equal(ids(pathTo(nodes, "x")), "");
});

test("a damaged tree has an end", () => {
  const circle = [
    { id: "a", parent: "b", created: 1 },
    { id: "b", parent: "a", created: 2 },
  ];
  assert.equal(ids(pathTo(circle, "b")), "ab");
  assert.equal(newestLeaf(circle, "a"), "a");
  assert.deepEqual([...subtree(circle, "a")], ["a", "b"]);
});

test("branches are ordered by age", () => {
  assert.equal(ids(branches(nodes).get("a")), "bc");
  assert.equal(ids(branches(nodes).get("c")), "de");
  assert.equal(branches(nodes).get("f"), undefined);
});

test("the newest leaf follows the newest branch", () => {
  assert.equal(newestLeaf(nodes, null), "f");
  assert.equal(newestLeaf(nodes, "b"), "b");
  assert.equal(newestLeaf([], null), null);
});

test("a subtree is a message and all that follow it", () => {
  assert.deepEqual([...subtree(nodes, "c")].sort(), ["c", "d", "e", "f"]);
});

test("without a message its neighbour is shown, or what was before it", () => {
  assert.equal(leafWithout(nodes, "c"), "b");
  assert.equal(leafWithout(nodes, "b"), "f");
  assert.equal(leafWithout(nodes, "f"), "e");
  assert.equal(leafWithout(nodes, "a"), null);
  assert.equal(leafWithout(nodes, "x"), "f");
});

const open = (leaf) => new Conversation(undefined, "id", nodes, leaf);

test("a conversation opens at the end it was left at, else at its newest", () => {
  assert.equal(ids(open("b").path), "ab");
  assert.equal(ids(open().path), "acef");
  assert.equal(ids(open("gone").path), "acef");
  assert.equal(ids(open(null).path), "");
});

test("messages with branches have a place among them", () => {
  const { places } = open();
  assert.deepEqual([...places.keys()], ["c", "e"]);
  assert.deepEqual(places.get("e"), { index: 1, ids: ["d", "e"] });
});

test("a message is added, changed and deleted", () => {
  const conversation = open("b");
  const message = newMessage({ parent: "b", role: "user", text: "g" });
  conversation.put(message);
  const { path } = conversation;
  conversation.put({ ...message, text: "h" });
  assert.notEqual(conversation.path, path);
  assert.equal(conversation.path.at(-1).text, "h");
  conversation.remove("b");
  assert.equal(ids(conversation.path), "acef");
  assert.equal(conversation.countFrom("c"), 4);
});

test("what another tab has stored is taken over: its answer follows, what it deleted is gone", () => {
  const conversation = open("b");
  conversation.merge([...nodes.slice(1), { ...nodes[0], id: "g", parent: "b", created: 9 }]);
  assert.equal(ids(conversation.path), "abg");
  assert.equal(conversation.get("f"), undefined);
  conversation.merge(nodes.slice(0, 2).concat(nodes[2]));
  assert.equal(ids(conversation.path), "ac");
});

test("an answer that grows here is not replaced by what is stored of it", () => {
  const conversation = open("b");
  const answer = newMessage({ parent: "b", role: "assistant", text: "long" });
  conversation.put(answer, true);
  conversation.merge([...nodes, { ...answer, text: "lo" }]);
  assert.equal(conversation.path.at(-1).text, "long");
  conversation.merge(nodes);
  assert.equal(conversation.path.at(-1).text, "long");
});
