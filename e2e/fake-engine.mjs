// Replaces the engine worker of a page by one that follows a script, so that the tests can bring the page into every
// state.

import { readFileSync } from "node:fs";

const worker = readFileSync(new URL("fake-worker.mjs", import.meta.url), "utf8");

/** Makes the page's next loads use the worker of fake-worker.mjs, which describes the fields of script. */
export async function useFakeEngine(page, script) {
  await page.addInitScript({ content: `{ globalThis.engineScript = ${JSON.stringify(script)};\n${worker} }` });
}

const day = 24 * 3600e3;

/** Returns what the store says about a completely stored file that was used some days ago. */
export const storedFile = (id, bytes, daysAgo, more = {}) => ({
  id,
  name: id.split(/[/:]/).pop(),
  bytesStored: bytes,
  bytesTotal: bytes,
  complete: true,
  onDisk: false,
  used: Date.now() - daysAgo * day - 1000,
  verified: true,
  ...more,
});
