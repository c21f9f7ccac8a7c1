// Speed of the store in headless Chromium with a fresh profile: chunks written, and units read from the store to the
// GPU, by kind of store and by how many are under way. Usage: node bench/storage.mjs [rounds, 5 unless said]
//
// Each case is run once in every round; the table gives the best of the rounds and, in brackets, their median. On an idle
// machine the two are close.

import { fileURLToPath } from "node:url";
import { launch } from "../e2e/browser.mjs";
import { serveStorage } from "../e2e/storage.mjs";

const rounds = Number(process.argv[2] ?? 5);
const units = [16, 23, 46, 71]; // MB, of 10^6 bytes
const depths = [1, 2, 4];
const kinds = ["opfs", "indexeddb"];

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

  console.log(`GB/s, best of ${rounds} rounds (median); ${browser.context.browser()?.version() ?? ""} read: store to GPU; arrive: store to engine worker`);
  for (const kind of kinds) {
    for (const depth of depths) print(kind, "write 16.8 MB", depth, await speeds(() => measure({ write: true, kind, depth })));
    for (const unit of units) {
      for (const depth of depths) {
        for (const gpu of [true, false]) {
          const found = await speeds(() => measure({ kind, depth, unit: unit * 1e6, gpu }));
          print(kind, `${gpu ? "read" : "arrive"} ${unit} MB`, depth, found);
        }
      }
    }
  }
} finally {
  await browser.close();
  await site.close();
}

/** Bytes a second of every round, ascending. */
async function speeds(measureOnce) {
  const found = [];
  for (let round = 0; round < rounds; round++) found.push(await measureOnce());
  return found.sort((a, b) => a - b);
}

function print(kind, what, depth, found) {
  const text = (speed) => (speed / 1e9).toFixed(2);
  console.log(`${kind.padEnd(10)} ${what.padEnd(14)} depth ${depth}  ${text(found.at(-1))} (${text(found[found.length >> 1])})`);
}
