import assert from "node:assert/strict";
import { test } from "node:test";
import { allFinite } from "../../dist/modules/worker/storage/finite.js";

// Three blocks of 18 bytes, as Q4_0 has them: an F16 scale, then 16 bytes of which every value is allowed.
const blocks = () => {
  const bytes = new Uint8Array(54).fill(0xff);
  for (const block of [0, 18, 36]) bytes.set([0x00, 0x3c], block); // 1.0
  return bytes;
};
const scales = { start: 0, step: 18, count: 3, mask: 0x7c00 };

test("scales that are finite are accepted, whatever the other bytes are", () => {
  assert.equal(allFinite(blocks().buffer, [scales]), true);
  assert.equal(allFinite(blocks().buffer, []), true);
});

for (const [name, high] of [
  ["infinite", 0x7c],
  ["minus infinity", 0xfc],
  ["not a number", 0x7e],
]) {
  test(`a scale that is ${name} is found in every block`, () => {
    for (const block of [0, 18, 36]) {
      const bytes = blocks();
      bytes[block + 1] = high;
      assert.equal(allFinite(bytes.buffer, [scales]), false, `block ${block / 18}`);
    }
  });
}

test("the last scale may end with the chunk", () => {
  assert.equal(allFinite(blocks().slice(0, 38).buffer, [scales]), true);
});
