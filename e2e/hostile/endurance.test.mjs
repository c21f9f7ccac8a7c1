// Crashes, full storage and speed, for a short time; endurance.mjs does the same for longer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { crashes, fullStorage } from "./crash.mjs";
import { serveHostile } from "./harness.mjs";

let site;
before(async () => {
  site = await serveHostile();
});
after(() => site?.close());

const size = 60e6;

for (const kind of ["indexeddb", "opfs"]) {
  test(`${kind}: a browser that is killed three times continues its download`, async () => {
    const { identical, ratio, code, message } = await crashes({ site: site.url, kind, size, kills: 3 });
    assert.deepEqual([identical, code], [true, ""], message);
    console.log(`e2e: ${kind}: killed three times, ${ratio.toFixed(2)} times the bytes were moved`);
    assert.ok(ratio * size <= 1.05 * size + 64e6);
  });

  test(`${kind}: storage that is full three times loses nothing`, async () => {
    const result = await fullStorage({ site: site.url, kind, size, points: 3 });
    assert.deepEqual([result.identical, result.code], [true, ""], result.message);
    for (const { code, lost } of result.refused) assert.deepEqual([code, lost], ["storage_full", false]);
  });
}
