// Speed of the store in headless Chromium with a fresh profile: chunks written, and units read from the store to the
// GPU ("read") or only as far as the engine worker ("arrive"), by kind of store and by how many are under way.
// Usage: node bench/storage.mjs [rounds, 5 unless said] [a pattern of cases, such as "opfs read (23|71)"]
//
// Every round runs every case once, so that a disturbance does not meet all rounds of one case. The table gives the best
// of the rounds and, in brackets, their median; on an idle machine the two are close.

import { fileURLToPath } from "node:url";
import { launch } from "../e2e/browser.mjs";
import { serveStorage } from "../e2e/storage.mjs";

const rounds = Number(process.argv[2] ?? 5);
const wanted = new RegExp(process.argv[3] ?? "");
const units = [16, 23, 46, 71]; // MB, of 10^6 bytes
const depths = [1, 2, 4];

/** Every case by its name; those of a kind write before they read. */
const cases = ["opfs", "indexeddb"].flatMap((kind) => [
  ...depths.map((depth) => [`${kind} write 16.8 MB depth ${depth}`, { write: true, kind, depth }]),
  ...["read", "arrive"].flatMap((how) =>
    units.flatMap((unit) => depths.map((depth) => [`${kind} ${how} ${unit} MB depth ${depth}`, { kind, depth, unit: unit * 1e6, gpu: how === "read" }])),
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

  const chosen = cases.filter(([name]) => wanted.test(name));
  const found = new Map(chosen.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, request] of chosen) found.get(name).push(await measure(request));
  }
  console.log(`GB/s, best of ${rounds} rounds (median), Chromium ${browser.context.browser()?.version() ?? ""}`);
  for (const [name, speeds] of found) {
    const sorted = speeds.map((speed) => (speed / 1e9).toFixed(2)).sort((a, b) => a - b);
    console.log(`${name.padEnd(36)} ${sorted.at(-1)} (${sorted[sorted.length >> 1]})`);
  }
} finally {
  await browser.close();
  await site.close();
}
