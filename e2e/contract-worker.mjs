// Runs the tests of loader/store in a browser's worker, with the storage worker whose port it receives. It posts their
// output to the page. The page sets the quota, which a script of the site cannot.
import "/wasm_exec.js";
import { corrupt } from "/corrupt.js";
import { StorageClient } from "/worker/storage-client.js";

/** Milliseconds for which Chromium's IndexedDB caches the quota. */
const QUOTA_CACHE_TIME = 31_000;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let quotaSet;
globalThis.storageTest = {
  corrupt,
  async setFull(full, kind) {
    const { promise, resolve } = Promise.withResolvers();
    quotaSet = resolve;
    postMessage({ full });
    await promise;
    if (full && kind === "indexeddb") await pause(QUOTA_CACHE_TIME);
  },
};

addEventListener("message", async ({ data: { port } }) => {
  if (!port) return quotaSet();
  globalThis.outriderStorage = new StorageClient(port);
  const decoder = new TextDecoder();
  globalThis.fs.writeSync = (_, bytes) => {
    postMessage({ output: decoder.decode(bytes, { stream: true }) });
    return bytes.length;
  };
  const go = new Go();
  go.argv = ["store.test", "-test.v", "-test.run=IndexedDB|OPFS|Probe|LinkSpeed"];
  go.exit = (code) => postMessage({ code });
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/store-test.wasm"), go.importObject);
  await go.run(instance);
});
