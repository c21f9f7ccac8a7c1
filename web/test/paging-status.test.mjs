// What the page says about a paged model, and for how long it reads the statistics.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { hitRateText, PagingStatus, pagingText } from "../../dist/modules/element/paging-status.js";
import { en } from "../../dist/modules/text/en.js";

const stats = (bytesMissing) => ({ paging: { expertsOnGPU: 412, experts: 768, bytesMissing, bytesTotal: 55e9 } });

test("the text has the number of experts on the GPU, and the download until it is complete", () => {
  assert.equal(pagingText(en, stats(0).paging), "412 of 768 experts on the GPU");
  assert.equal(
    pagingText(en, stats(20e9).paging),
    "412 of 768 experts on the GPU · 35.0 GB of 55.0 GB downloaded so far",
  );
});

test("the text says why a download waits", () => {
  const paging = { ...stats(20e9).paging, waiting: "example.org cannot be reached" };
  assert.match(
    pagingText(en, paging),
    /35\.0 GB of 55\.0 GB downloaded so far · waiting: example\.org cannot be reached$/,
  );
});

test("a hit rate is shown for answers that used experts", () => {
  const paging = (hits, misses) => ({ decode: { hits, misses, hitRate: hits / (hits + misses) } });
  assert.equal(hitRateText(en, paging(93, 7)), "93 % of experts found on the GPU");
  assert.equal(hitRateText(en, paging(0, 0)), undefined);
  assert.equal(hitRateText(en, null), undefined);
  assert.equal(hitRateText(en, undefined), undefined);
});

/** Follows a model whose engine returns one statistic after another, then the last again. */
function follow(...answers) {
  let reads = 0;
  const engine = { stats: async () => answers[Math.min(reads++, answers.length - 1)] };
  const status = new PagingStatus({ engine, texts: en, requestUpdate() {} }, 1);
  const model = {};
  status.follow(model);
  return { status, model, reads: () => reads };
}
const line = (status) => status.view().values?.[0];

test("a download is followed until it is complete", async () => {
  const { status, reads } = follow(stats(2), stats(1), stats(0));
  while (reads() < 3) await pause(5);
  await pause(20);
  assert.equal(reads(), 3);
  assert.equal(line(status), "412 of 768 experts on the GPU");
});

test("a model that is not paged shows nothing", async () => {
  const { status, reads } = follow({ paging: null });
  await pause(20);
  assert.equal(reads(), 1);
  assert.equal(line(status), undefined);
});

test("without a model it reads no more and shows nothing", async () => {
  const { status, reads } = follow(stats(1));
  await pause(20);
  status.follow(undefined);
  const before = reads();
  await pause(20);
  assert.equal(reads(), before);
  assert.equal(line(status), undefined);
});

test("statistics that arrive after the model has gone are not shown", async () => {
  const { status } = follow(stats(1));
  status.follow(undefined);
  await pause(20);
  assert.equal(line(status), undefined);
});

test("following the same model again reads nothing again", async () => {
  const { status, model, reads } = follow(stats(0));
  status.follow(model);
  await pause(20);
  assert.equal(reads(), 1);
  assert.equal(line(status), "412 of 768 experts on the GPU");
});
