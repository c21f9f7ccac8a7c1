// What is remembered of devices' memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import "fake-indexeddb/auto";
import { Rooms } from "../../dist/modules/worker/rooms.js";

const { signal } = new AbortController();

test("each device has its room, in a later life of the page too", async () => {
  await new Rooms().remember(signal, "a", 12e9, 16e9);
  assert.deepEqual(await new Rooms().recall(signal, "a"), { fits: 12e9, refused: 16e9 });
  assert.deepEqual(await new Rooms().recall(signal, "b"), { fits: 0, refused: 0 });
});

test("without a database nothing is known, and nothing fails", async () => {
  const { open } = indexedDB;
  indexedDB.open = () => { throw new DOMException("no", "SecurityError"); };
  const rooms = new Rooms();
  await rooms.remember(signal, "a", 1, 2);
  assert.deepEqual(await rooms.recall(signal, "a"), { fits: 0, refused: 0 });
  indexedDB.open = open;
  assert.deepEqual(await rooms.recall(signal, "a"), { fits: 12e9, refused: 16e9 });
});
