// What is remembered of the memory of devices.

import assert from "node:assert/strict";
import { test } from "node:test";
import "fake-indexeddb/auto";
import { MemoryLimits } from "../../dist/modules/worker/memory-limits.js";

const { signal } = new AbortController();

test("each device has its limit, also after the page was loaded again", async () => {
  await new MemoryLimits().remember(signal, "a", 12e9, 16e9);
  assert.deepEqual(await new MemoryLimits().recall(signal, "a"), { fits: 12e9, refused: 16e9 });
  assert.deepEqual(await new MemoryLimits().recall(signal, "b"), { fits: 0, refused: 0 });
});

test("without a database nothing is known and nothing fails", async () => {
  const { open } = indexedDB;
  indexedDB.open = () => {
    throw new DOMException("no", "SecurityError");
  };
  const limits = new MemoryLimits();
  await limits.remember(signal, "a", 1, 2);
  assert.deepEqual(await limits.recall(signal, "a"), { fits: 0, refused: 0 });
  indexedDB.open = open;
  assert.deepEqual(await limits.recall(signal, "a"), { fits: 12e9, refused: 16e9 });
});
