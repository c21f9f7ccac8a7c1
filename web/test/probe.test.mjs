import assert from "node:assert/strict";
import { test } from "node:test";
import { probeLink, probeStore } from "../../dist/modules/worker/storage/probe.js";

const forever = new AbortController().signal;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A source that delivers a megabyte every 100 ms until the signal fires. */
const slow = {
  info: { name: "m", size: 100e6, validator: "" },
  async read(_offset, length, signal, onBytes) {
    for (let received = 1e6; ; received += 1e6) {
      await pause(100);
      if (signal.aborted) throw new Error("stopped");
      onBytes(Math.min(received, length));
      if (received >= length) return;
    }
  },
};

test("a slow link is measured by the bytes that have arrived when the time is over", async () => {
  const start = performance.now();
  const speed = await probeLink(slow, forever);
  assert.ok(performance.now() - start < 5000);
  assert.ok(speed > 2e5 && speed < 1.1e7, `${speed}`);
});

test("a failed read of the source is returned, and a stopped probe is aborted", async () => {
  const fails = {
    ...slow,
    read: async () => Promise.reject(Object.assign(new Error("gone"), { code: "connection_lost" })),
  };
  await assert.rejects(probeLink(fails, forever), { code: "connection_lost" });
  await assert.rejects(probeLink(slow, AbortSignal.timeout(150)), { code: "aborted" });
});

test("the scratch file is deleted if the store fails while it is measured", async () => {
  const calls = [];
  const store = {
    freeSpace: async () => 5e9,
    openFile: async (id, _info, kind) => {
      calls.push(`open ${id} ${kind}`);
      return { kind };
    },
    putChunk: async () => Promise.reject(new DOMException("full", "QuotaExceededError")),
    delete: async (id) => void calls.push(`delete ${id}`),
  };
  await assert.rejects(probeStore(store, "opfs", forever), { name: "QuotaExceededError" });
  assert.deepEqual(calls, ["delete scratch:", "open scratch: opfs", "delete scratch:"]);
});
