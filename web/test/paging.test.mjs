// What the page says of a paged model, and how long it goes on looking.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { describe, hitRate, PagingWatch } from "../../dist/modules/element/paging.js";

const stats = (bytesMissing) => ({ paging: { expertsOnGPU: 412, experts: 768, bytesMissing, bytesTotal: 55e9 } });

test("a paged model is described by its experts, and by its download as long as that goes on", () => {
  assert.equal(describe(stats(0).paging), "412 of 768 experts on the GPU");
  assert.equal(describe(stats(20e9).paging), "412 of 768 experts on the GPU · 35.0 GB of 55.0 GB downloaded so far");
});

test("a hit rate is told of answers that used experts", () => {
  const paging = (hits, misses) => ({ decode: { hits, misses, hitRate: hits / (hits + misses) } });
  assert.equal(hitRate(paging(93, 7)), "93 % of experts found on the GPU");
  assert.equal(hitRate(paging(0, 0)), undefined);
  assert.equal(hitRate(null), undefined);
  assert.equal(hitRate(undefined), undefined);
});

/** Watches an engine that gives one statistic after another. */
function watching(...answers) {
  let looks = 0;
  const engine = { stats: async () => answers[Math.min(looks++, answers.length - 1)] };
  const watch = new PagingWatch({ engine, requestUpdate() {} }, 1);
  watch.start();
  return { watch, looks: () => looks };
}
const line = (watch) => watch.view().values?.[0];

test("a download is followed to its end", async () => {
  const { watch, looks } = watching(stats(2), stats(1), stats(0));
  while (looks() < 3) await pause(5);
  await pause(20);
  assert.equal(looks(), 3);
  assert.equal(line(watch), "412 of 768 experts on the GPU");
});

test("a model that is not paged has nothing to show", async () => {
  const { watch, looks } = watching({ paging: null });
  await pause(20);
  assert.equal(looks(), 1);
  assert.equal(line(watch), undefined);
});

test("a watch that is stopped looks no more and shows nothing", async () => {
  const { watch, looks } = watching(stats(1));
  await pause(20);
  watch.stop();
  const before = looks();
  await pause(20);
  assert.equal(looks(), before);
  assert.equal(line(watch), undefined);
});

test("an answer that comes after the stop is not shown", async () => {
  const { watch } = watching(stats(1));
  watch.stop();
  await pause(20);
  assert.equal(line(watch), undefined);
});
