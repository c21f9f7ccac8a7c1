// Runs loader/store's tests in a browser's worker, against the storage worker whose port it is sent. What they print
// goes to the page; the page sets the quota, which no script of a site can.
import "/wasm_exec.js";
import { StorageClient } from "/worker/storage-client.js";
import { corrupt } from "/corrupt.js";

/** Chromium's IndexedDB asks for the quota once and lives on the answer for half a minute. */
const QUOTA_MEMORY = 31_000;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let quotaSet;
globalThis.storageTest = {
  corrupt,
  async setFull(full, kind) {
    await new Promise((resolve) => ((quotaSet = resolve), postMessage({ full })));
    if (full && kind === "indexeddb") await pause(QUOTA_MEMORY);
  },
};

addEventListener("message", async ({ data: { port } }) => {
  if (!port) return quotaSet();
  globalThis.outriderStorage = new StorageClient(port);
  const decoder = new TextDecoder();
  globalThis.fs.writeSync = (_, bytes) => (postMessage({ output: decoder.decode(bytes, { stream: true }) }), bytes.length);
  const go = new Go();
  go.argv = ["store.test", "-test.v", "-test.run=IndexedDB|OPFS|Probe|LinkSpeed"];
  go.exit = (code) => postMessage({ code });
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/store-test.wasm"), go.importObject);
  await go.run(instance);
});
