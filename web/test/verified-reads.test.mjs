import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeBudget } from "../../dist/modules/worker/storage/time-budget.js";
import { VerifiedReads } from "../../dist/modules/worker/storage/verified-reads.js";
import { bytesOf, CHUNK, content, hashOf } from "./browser-store.mjs";

/** A file of {@link content} whose bytes a test can change, and how often they were read. */
function fakeFile() {
  const bytes = Buffer.from(content);
  const reads = [];
  const backend = {
    read: async (_, offset, length) => {
      reads.push([offset, length]);
      return new Uint8Array(bytes.subarray(offset, offset + length)).buffer;
    },
  };
  const record = { id: "a", name: "a", size: content.length, validator: "", file: "f" };
  return { bytes, reads, target: { record, first: 0, hashes: [0, 1, 2].map((i) => hashOf(bytesOf(i))), backend } };
}

test("a chunk is read once and hashed once when several of its parts are read at once", async () => {
  const { reads, target } = fakeFile();
  const verified = new VerifiedReads(() => assert.fail("it has a hash"));
  const parts = await Promise.all([1, 2, 3].map((i) => verified.read(target, i * 1000, 10)));
  for (const [i, part] of parts.entries()) {
    assert.deepEqual(Buffer.from(part), content.subarray((i + 1) * 1000, (i + 1) * 1000 + 10));
  }
  assert.deepEqual(reads, [[0, CHUNK]]);
  await verified.read(target, 5, 10); // verified: only these bytes are read
  assert.deepEqual(reads.at(-1), [5, 10]);
});

test("a chunk that changed is reported, also beside one that has not, and also after it was stored again", async () => {
  const { bytes, target } = fakeFile();
  const verified = new VerifiedReads(() => assert.fail("it has a hash"));
  await verified.read(target, 0, 10);
  bytes[CHUNK] ^= 1;
  await assert.rejects(verified.read(target, CHUNK - 5, 10), { chunk: 1 });
  bytes[CHUNK] ^= 1;
  assert.equal((await verified.read(target, CHUNK - 5, 10)).byteLength, 10);
  verified.forget(target.record, 1);
  bytes[CHUNK] ^= 1;
  await assert.rejects(verified.read(target, CHUNK, 10), { chunk: 1 });
});

test("when the time for it is used up, chunks are read unverified until there is time again", async () => {
  let now = 0;
  const { bytes, target } = fakeFile();
  const read = (...args) => {
    now += 100;
    return target.backend.read(...args);
  };
  const slow = { ...target, backend: { read } };
  const verified = new VerifiedReads(() => {}, new TimeBudget(50, 0.1, () => now));
  await verified.read(slow, 0, 10); // takes 100 of the 50 ms, and 10 for a tenth of the session
  bytes[CHUNK] ^= 1;
  assert.equal((await verified.read(slow, CHUNK, 10)).byteLength, 10);
  now += 1000;
  await assert.rejects(verified.read(slow, CHUNK, 10), { chunk: 1 });
});
