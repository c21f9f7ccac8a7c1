// The questions that an empty conversation offers, and the pace of answers in words.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { en } from "../../dist/modules/text/en.js";
import { fr } from "../../dist/modules/text/fr.js";
import { nanoQuestions } from "../../dist/modules/text/nano.js";
import { paceOf } from "../../dist/modules/text/pace.js";

const cases = new URL("../../testdata/golden/nano/cases.json", import.meta.url);

test("every question that Nano suggests is one that it is known to answer", () => {
  const known = new Set(JSON.parse(readFileSync(cases, "utf8")).map(({ ask }) => ask));
  assert.equal(nanoQuestions.length, 4);
  for (const question of nanoQuestions) assert.ok(known.has(question), question);
});

test("a pace has at least one word in its unit of time", () => {
  assert.deepEqual(paceOf(40), { words: 30, unit: "second" });
  assert.deepEqual(paceOf(1), { words: 1, unit: "second" });
  assert.deepEqual(paceOf(0.9), { words: 41, unit: "minute" });
  assert.deepEqual(paceOf(1 / 51), { words: 1, unit: "minute" });
  assert.deepEqual(paceOf(0.002), { words: 5, unit: "hour" });
  assert.deepEqual(paceOf(1e-9), { words: 1, unit: "hour" });
});

test("the pace is said in words", () => {
  assert.equal(en.preflight.speed(1 / 51), "Its answers come at about one word a minute.");
  assert.equal(en.preflight.speed(0.002), "Its answers come at about 5 words an hour.");
  assert.equal(fr.preflight.speed(4), "Ses réponses arrivent à environ 3 mots par seconde.");
});
