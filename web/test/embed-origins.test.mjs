// The list of pages that may use the chat in a frame.

import assert from "node:assert/strict";
import { test } from "node:test";
import { allows } from "../../dist/modules/embed/origins.js";

test("a list of origins allows exactly its origins, and * allows all", () => {
  for (const [list, origin, allowed] of [
    ["", "https://a.example", false],
    ["https://a.example", "https://a.example", true],
    ["https://a.example  https://b.example:8443", "https://b.example:8443", true],
    ["https://a.example", "http://a.example", false],
    ["https://a.example", "https://a.example.evil.example", false],
    ["https://a.example", "null", false],
    ["*", "https://any.example", true],
  ]) {
    assert.equal(allows(list, origin), allowed, `${list} and ${origin}`);
  }
});
