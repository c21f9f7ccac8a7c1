// What people who listen hear of an answer while it grows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Sentences } from "../../dist/modules/markdown/sentences.js";

/** Returns the sentences of a text that arrives in pieces of a size. */
function heard(text, size) {
  const sentences = new Sentences();
  const all = [];
  for (let at = 0; at < text.length; at += size) all.push(...sentences.next(text.slice(0, at + size), false));
  return [...all, ...sentences.next(text, true)];
}

test("sentences are whole, in order and said once, however they arrive", () => {
  const text =
    "One is **bold**. Two has `code_name` in it!\n\n- Three, [a link](https://example.org)\n- Four\n\n# Five";
  const want = ["One is bold.", "Two has code_name in it!", "Three, a link", "Four", "Five"];
  for (const size of [1, 3, 10, 1000]) assert.deepEqual(heard(text, size), want, `pieces of ${size}`);
});

test("a text without sentences is said in parts", () => {
  const said = heard("word ".repeat(1000), 50);
  assert.ok(said.length > 3);
  assert.equal(said.join(" ").replace(/\s+/g, " ").trim(), "word ".repeat(1000).trim());
});
