// The speed of a download from this machine, compared with a bare loop of fetch, hash and write in the same browser,
// and the longest task of the page meanwhile.

import { launch } from "../browser.mjs";
import { openTab } from "./harness.mjs";
import { makeModel } from "./model.mjs";
import { HostileServer } from "./server.mjs";

/** Returns {loop, download, ratio, longestTask}: bytes per second and milliseconds. */
export async function throughput({ site, kind, size, runs = 3 }) {
  const server = await new HostileServer(makeModel(size)).listen();
  const { context, close } = await launch({ args: [] });
  try {
    const page = await openTab(context, site);
    await page.evaluate(watchTasks);
    const [loops, downloads] = [[], []];
    for (let run = 0; run < runs; run++) {
      loops.push(size / (await page.evaluate(bareLoop, [server.url, size, kind])));
      downloads.push(size / (await page.evaluate(timeDownload, [server.url, kind])));
    }
    const [loop, download] = [median(loops), median(downloads)];
    const longestTask = await page.evaluate(() => globalThis.longestTask);
    return { loop, download, ratio: download / loop, longestTask };
  } finally {
    await close();
    await server.close();
  }
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

/** Notes the longest task of the page. */
function watchTasks() {
  globalThis.longestTask = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longestTask = Math.max(globalThis.longestTask, duration);
  }).observe({ type: "longtask" });
}

/** Downloads and deletes the file; returns the seconds of the download. */
async function timeDownload([url, kind]) {
  hostile.start();
  const { code, message, seconds } = await hostile.call("download", url, { kind }, 300_000);
  hostile.stop();
  await hostile.store("delete", url);
  if (code) throw new Error(message);
  return seconds;
}

/** Fetches, hashes and writes chunks in a worker, four at a time, without looking at anything; returns the seconds. */
async function bareLoop([url, size, kind]) {
  const source = `onmessage = async ({ data: [url, size, kind] }) => {
    const CHUNK = 16 << 20, start = performance.now();
    let write, close;
    if (kind === "opfs") {
      const folder = await navigator.storage.getDirectory();
      const handle = await (await folder.getFileHandle("bare", { create: true })).createSyncAccessHandle();
      write = (i, bytes) => { handle.write(bytes, { at: i * CHUNK }); handle.flush(); };
      close = async () => { handle.close(); await folder.removeEntry("bare"); };
    } else {
      const opening = indexedDB.open("bare");
      opening.onupgradeneeded = () => opening.result.createObjectStore("bytes");
      const db = await new Promise((resolve) => (opening.onsuccess = () => resolve(opening.result)));
      write = (i, bytes) => new Promise((resolve, reject) => {
        const tx = db.transaction("bytes", "readwrite");
        tx.objectStore("bytes").put(new Blob([bytes]), i);
        tx.oncomplete = resolve;
        tx.onerror = () => reject(tx.error);
      });
      close = () => { db.close(); return new Promise((done) => (indexedDB.deleteDatabase("bare").onsuccess = done)); };
    }
    let next = 0;
    const lane = async () => {
      for (let i = next++; i * CHUNK < size; i = next++) {
        const headers = { Range: "bytes=" + i * CHUNK + "-" + (Math.min(size, (i + 1) * CHUNK) - 1) };
        const bytes = await (await fetch(url, { headers, cache: "no-store" })).arrayBuffer();
        await crypto.subtle.digest("SHA-256", bytes);
        await write(i, bytes);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    const seconds = (performance.now() - start) / 1000;
    await close();
    postMessage(seconds);
  };`;
  const worker = new Worker(URL.createObjectURL(new Blob([source])));
  const seconds = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage([url, size, kind]);
  });
  worker.terminate();
  return seconds;
}
