// Measures the store in headless Chromium with a new profile: chunks written, and units read from the store to the GPU
// ("read") or to the engine worker only ("arrive"), by kind of store and by the number of concurrent requests
// ("depth").
//
//   node bench/storage.mjs [ROUNDS [PATTERN]]    5 rounds by default; a pattern of cases, such as "opfs read (23|71)"
//
// Every round runs every case once, so that a disturbance does not affect all rounds of one case. The table shows the
// fastest round and, in brackets, the median; on an idle machine the two are close.

import { fileURLToPath } from "node:url";
import { launch } from "../e2e/browser.mjs";
import { serveStorage } from "../e2e/storage.mjs";

const rounds = Number(process.argv[2] ?? 5);
const pattern = new RegExp(process.argv[3] ?? "");
const units = [16, 23, 46, 71]; // MB, of 10^6 bytes
const depths = [1, 2, 4];

/** All cases by name; each kind of store is written before it is read. */
const cases = ["opfs", "indexeddb"].flatMap((kind) => [
  ...depths.map((depth) => [`${kind} write 16.8 MB depth ${depth}`, { write: true, kind, depth }]),
  ...["read", "arrive"].flatMap((how) =>
    units.flatMap((unit) =>
      depths.map((depth) => [
        `${kind} ${how} ${unit} MB depth ${depth}`,
        { kind, depth, unit: unit * 1e6, gpu: how === "read" },
      ]),
    ),
  ),
]);

const site = await serveStorage({ "/bench-worker.js": fileURLToPath(new URL("storage-worker.mjs", import.meta.url)) });
const browser = await launch();
try {
  const page = await browser.context.newPage();
  await page.goto(site.url);
  await page.evaluate(() => {
    const { port1, port2 } = new MessageChannel();
    const storage = new Worker("/worker/storage.worker.js", { type: "module" });
    storage.postMessage({ kind: "connect", port: port2 }, [port2]);
    const bench = new Worker("/bench-worker.js", { type: "module" });
    bench.postMessage({ port: port1 }, [port1]);
    globalThis.measure = (request) =>
      new Promise((resolve, reject) => {
        bench.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.speed));
        bench.postMessage(request);
      });
  });
  const measure = (request) => page.evaluate((request) => measure(request), request);
  for (const kind of ["opfs", "indexeddb"]) await measure({ write: true, kind, depth: 1 });

  const chosen = cases.filter(([name]) => pattern.test(name));
  const results = new Map(chosen.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, request] of chosen) results.get(name).push(await measure(request));
  }
  console.log(`GB/s, best of ${rounds} rounds (median), Chromium ${browser.context.browser()?.version() ?? ""}`);
  for (const [name, speeds] of results) {
    const sorted = speeds.map((speed) => (speed / 1e9).toFixed(2)).sort((a, b) => a - b);
    console.log(`${name.padEnd(36)} ${sorted.at(-1)} (${sorted[sorted.length >> 1]})`);
  }
} finally {
  await browser.close();
  await site.close();
}
