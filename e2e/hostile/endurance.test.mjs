// Crashes, full storage and speed, for a short time; endurance.mjs does the same for longer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { crashes, fullStorage } from "./crash.mjs";
import { serveHostile } from "./harness.mjs";

const size = 60e6;
const KINDS = ["indexeddb", "opfs"];

let site;
const results = {}; // by kind: the promises of what came of it
before(async () => {
  site = await serveHostile();
  for (const kind of KINDS) {
    const crashed = crashes({ site: site.url, kind, size, kills: 3 });
    const full = crashed.catch(() => {}).then(() => fullStorage({ site: site.url, kind, size, points: 3 }));
    results[kind] = { crashed, full };
    Promise.allSettled([crashed, full]); // a test awaits them later
  }
});
after(() => site?.close());

for (const kind of KINDS) {
  test(`${kind}: a browser that is killed three times continues its download`, async () => {
    const { identical, ratio, code, message } = await results[kind].crashed;
    assert.deepEqual([identical, code], [true, ""], message);
    console.log(`e2e: ${kind}: killed three times, ${ratio.toFixed(2)} times the bytes were moved`);
    assert.ok(ratio * size <= 1.05 * size + 64e6);
  });

  test(`${kind}: storage that is full three times loses nothing`, async () => {
    const result = await results[kind].full;
    assert.deepEqual([result.identical, result.code], [true, ""], result.message);
    for (const { code, lost } of result.refused) assert.deepEqual([code, lost], ["storage_full", false]);
  });
}
