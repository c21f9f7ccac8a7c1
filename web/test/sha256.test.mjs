import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { SHA256 } from "../../dist/modules/worker/storage/sha256.js";

test("the hash of pieces is the hash of all bytes, for every length around a block", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 100_003]) {
    const bytes = randomBytes(length);
    const hash = new SHA256();
    for (let i = 0; i < length; i += 37) hash.update(bytes.subarray(i, i + 37));
    assert.equal(hash.hex(), createHash("sha256").update(bytes).digest("hex"), `${length} bytes`);
  }
});
