import assert from "node:assert/strict";
import { test } from "node:test";
import { modelName } from "../../dist/modules/element/format.js";
import { en } from "../../dist/modules/text/en.js";
import { fr } from "../../dist/modules/text/fr.js";

const { format } = en;

test("sizes have three digits and a unit", () => {
  const cases = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 KB"],
    [12_345, "12.3 KB"],
    [98_362_432, "98.4 MB"],
    [807_694_464, "808 MB"],
    [2e9, "2.00 GB"],
    [6.1e10, "61.0 GB"],
  ];
  for (const [n, text] of cases) assert.equal(format.bytes(n), text);
});

test("durations are rounded to seconds below a minute and to minutes above", () => {
  const cases = [
    [0.2, "1 s"],
    [8.4, "8 s"],
    [59.2, "59 s"],
    [90, "2 min"],
    [3540, "59 min"],
    [4800, "1 h 20 min"],
    [7200, "2 h"],
  ];
  for (const [seconds, text] of cases) assert.equal(format.duration(seconds), text);
});

test("slow speeds keep a decimal", () => {
  assert.equal(format.tokensPerSecond(0.84), "0.8 tokens/s");
  assert.equal(format.tokensPerSecond(41.6), "42 tokens/s");
});

test("French has its own units, decimal comma and plurals", () => {
  assert.equal(fr.format.bytes(98_362_432), "98,4 Mo");
  assert.equal(fr.format.tokensPerSecond(0.84), "0,8 jetons/s");
  const forms = { one: "jour", other: "jours" };
  assert.deepEqual(
    [0, 1, 2].map((n) => fr.format.plural(n, forms)),
    ["jour", "jour", "jours"],
  );
  assert.deepEqual(
    [0, 1, 2].map((n) => format.plural(n, { one: "day", other: "days" })),
    ["days", "day", "days"],
  );
});

test("a model is named after its file", () => {
  assert.equal(modelName("https://example.org/a/Llama-3.2%201B.Q4_K_M.gguf?download=true"), "Llama-3.2 1B.Q4_K_M");
  assert.equal(modelName("local:big-00001-of-00003.gguf"), "big");
  assert.equal(modelName("smollm2-135m"), "smollm2-135m");
});
