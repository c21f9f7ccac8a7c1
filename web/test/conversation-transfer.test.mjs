// Conversations as files: JSON there and back, files that are none, and Markdown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName, toMarkdown } from "../../dist/modules/conversation/markdown.js";
import { newRecord } from "../../dist/modules/conversation/records.js";
import { fromJSON, ImportError, toJSON } from "../../dist/modules/conversation/transfer.js";
import { groupByDay } from "../../dist/modules/element/history/groups.js";

const message = (id, parent, role, text, fields = {}) => ({
  id,
  conversation: "c",
  parent,
  role,
  text,
  created: id.charCodeAt(0),
  pictures: [],
  ...fields,
});

/** A conversation whose first question has two answers, the first of which is shown. */
const stored = () => ({
  record: { ...newRecord("c"), title: "A talk", pinned: true, leaf: "b", model: "Nano" },
  messages: [
    message("a", null, "user", "Look", {
      pictures: [{ name: "p.png", blob: new Blob(["PNG"], { type: "image/png" }) }],
    }),
    message("b", "a", "assistant", "One", { model: "Nano", cut: "stopped" }),
    message("c", "a", "assistant", "Two"),
  ],
});

test("an export comes back the same, with ids of its own", async () => {
  const json = await toJSON([stored()]);
  const [{ record, messages }] = fromJSON(json);
  const [a, b, c] = messages;
  assert.deepEqual([record.title, record.pinned, record.model, record.leaf], ["A talk", true, "Nano", b.id]);
  assert.deepEqual([a.parent, b.parent, c.parent], [null, a.id, a.id]);
  assert.deepEqual([a.text, b.text, c.text, b.cut], ["Look", "One", "Two", "stopped"]);
  assert.deepEqual([a.pictures[0].blob.type, await a.pictures[0].blob.text()], ["image/png", "PNG"]);
  assert.ok(messages.every(({ id, conversation }) => id.length === 36 && conversation === record.id));
  const again = await toJSON(fromJSON(json));
  assert.equal(again.replace(/[0-9a-f-]{36}/g, ""), json.replace(/"(id|parent|leaf)": "[abc]"/g, '"$1": ""'));
});

const one = { title: "T", created: 1, updated: 1, model: "", leaf: null, messages: [] };
const question = { id: "a", parent: null, role: "user", text: "x", created: 1, pictures: [] };
const file = (conversation, rest = {}) =>
  JSON.stringify({ format: "outrider-conversations", version: 1, conversations: [conversation], ...rest });

const malformed = {
  "no JSON": ["{", "not_json", 0],
  "a number": ["3", "not_json", 0],
  "other JSON": ['{"a":1}', "not_export", 0],
  "a newer format": [file(one, { version: 2 }), "newer", 0],
  "no messages": [file(one), "damaged", 1],
  "a message without text": [file({ ...one, messages: [{ ...question, text: 1 }] }), "damaged", 1],
  "a role that is none": [file({ ...one, messages: [{ ...question, role: "system" }] }), "damaged", 1],
  "an unknown parent": [file({ ...one, messages: [{ ...question, parent: "b" }] }), "damaged", 1],
  "one id twice": [file({ ...one, messages: [question, question] }), "damaged", 1],
  "a damaged picture": [
    file({ ...one, messages: [{ ...question, pictures: [{ name: "p", type: "", base64: "%" }] }] }),
    "damaged",
    1,
  ],
  null: [file(null), "damaged", 1],
};

for (const [name, [text, problem, position]] of Object.entries(malformed))
  test(`${name} is refused as ${problem}`, () => {
    assert.throws(
      () => fromJSON(text),
      (error) => error instanceof ImportError && error.problem === problem && error.position === position,
    );
  });

test("Markdown has the branch that is shown", () => {
  assert.equal(
    toMarkdown(stored(), { you: "You", answer: "Answer" }),
    "# A talk\n\n## You\n\n*p.png*\n\nLook\n\n## Nano\n\nOne\n",
  );
  assert.equal(fileName('a/b: "c"?', "md"), "ab c.md");
  assert.equal(fileName("???", "json"), "conversation.json");
});

test("the list is grouped by day", () => {
  const words = { pinned: "Pinned", today: "Today", yesterday: "Yesterday", week: "Week" };
  const now = new Date(2026, 10, 25, 12).getTime();
  const at = (...date) => ({ ...newRecord("x"), updated: new Date(...date).getTime() });
  const records = [
    { ...at(2020, 1, 1), pinned: true },
    at(2026, 10, 25, 0, 1),
    at(2026, 10, 24, 23, 59),
    at(2026, 10, 18, 12),
    at(2026, 9, 2),
    at(2026, 9, 1),
  ];
  assert.deepEqual(
    groupByDay(records, words, "en", now).map(({ heading, records }) => [heading, records.length]),
    [
      ["Pinned", 1],
      ["Today", 1],
      ["Yesterday", 1],
      ["Week", 1],
      ["October 2026", 2],
    ],
  );
});
