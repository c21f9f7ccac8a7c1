import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { repeatsItself } from "../../dist/modules/element/repetition.js";

const words = (n) => Array.from({ length: n }, (_, i) => `word${i}`).join(" ");

test("the same text again and again is found, whatever its length and wherever it is cut", () => {
  for (const piece of ["a", "no. ", `${words(12)}. `, `${words(60)}\n`]) {
    const text = `The answer begins well. ${piece.repeat(Math.ceil(3200 / piece.length))}`;
    assert.ok(repeatsItself(text), piece);
    assert.ok(repeatsItself(text.slice(0, -3)), piece);
  }
});

test("an ordinary text, a short repetition and a list of similar lines are not found", () => {
  const texts = [
    "",
    words(2000),
    readFileSync("README.md", "utf8"),
    `${words(300)} ${"-".repeat(900)}`,
    Array.from({ length: 300 }, (_, i) => `| row ${i} | 0 | 0 |`).join("\n"),
  ];
  for (const text of texts) assert.ok(!repeatsItself(text), text.slice(0, 30));
});
