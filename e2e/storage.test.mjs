// The store in Chromium: its contract test on the real IndexedDB and OPFS, several tabs, and storage that vanishes.

import assert from "node:assert/strict";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { intercept, modelServer } from "./models.mjs";
import { contractProgram, openStore, serveStorage, setQuota } from "./storage.mjs";

let site, browser;
before(async () => {
  site = await serveStorage(contractProgram());
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

test("both kinds of store pass the contract test", async () => {
  const page = await browser.context.newPage();
  await page.goto(site.url);
  await page.exposeFunction("setFull", (full) => setQuota(page, full ? 1 : undefined));
  const { code, output } = await page.evaluate(
    () =>
      new Promise((resolve) => {
        let output = "";
        const tests = new Worker("/contract-worker.js", { type: "module" });
        const { port1, port2 } = new MessageChannel();
        new Worker("/worker/storage.worker.js", { type: "module" }).postMessage({ kind: "connect", port: port2 }, [
          port2,
        ]);
        tests.postMessage({ port: port1 }, [port1]);
        tests.onmessage = async ({ data }) => {
          if (data.output) output += data.output;
          if ("full" in data) {
            await window.setFull(data.full);
            tests.postMessage({});
          }
          if ("code" in data) resolve({ code: data.code, output });
        };
      }),
  );
  await page.close();
  assert.equal(code, 0, output);
  for (const name of ["IndexedDBMeetsTheContract", "OPFSMeetsTheContract", "ProbeMeasures"])
    assert.match(output, new RegExp(`--- PASS: Test${name}`));
});

const chunkBytes = 16 << 20;
const info = { name: "m.gguf", size: 2 * chunkBytes + 1000, validator: "1" };
const kinds = ["indexeddb", "opfs"];

/** Calls body with the id of a new file of a kind and with tabs that have a storage worker each. */
async function withTabs(count, kind, body, options, url = site.url) {
  const own = options && (await launch(options));
  const { context, profile } = own ?? browser;
  const tabs = [];
  for (let i = 0; i < count; i++) tabs.push(await openStore(context, url));
  const id = `local:${crypto.randomUUID()}`;
  assert.equal((await call(tabs[0], "openFile", id, info, kind)).kind, kind);
  try {
    await body(id, tabs, profile);
  } finally {
    await call(tabs[0], "delete", id).catch(() => {});
    for (const tab of tabs) await tab.close();
    await own?.close();
  }
}

const call = (tab, method, ...args) =>
  tab.evaluate(([method, args]) => store.call(never, method, ...args), [method, args]);
const chunks = async (tab, id) => (await call(tab, "find", id))?.chunks;

/** Stores a chunk of a picked file, all of whose bytes are the chunk's number + 1. */
const storeChunk = (tab, id, chunk) =>
  tab.evaluate(
    async ([id, chunk, size, chunkBytes]) => {
      const bytes = [...Array(Math.ceil(size / chunkBytes)).keys()].map((i) =>
        new Uint8Array(Math.min(chunkBytes, size - i * chunkBytes)).fill(i + 1),
      );
      const { source } = await store.call(never, "openPicked", new File(bytes, "m.gguf"));
      await store.storeChunk(never, id, chunk, source);
      await store.call(never, "closeSource", source);
    },
    [id, chunk, info.size, chunkBytes],
  );

/** Reads a range and returns its first and last byte, or the error. */
const read = (tab, id, offset, length) =>
  tab.evaluate(
    async ([id, offset, length]) => {
      try {
        const buffer = await store.read(never, id, offset, length);
        const bytes = new Uint8Array(buffer);
        const ends = [bytes[0], bytes.at(-1)];
        store.release(buffer);
        return ends;
      } catch ({ code, message, retryable }) {
        return { code, message, retryable };
      }
    },
    [id, offset, length],
  );

for (const kind of kinds) {
  test(`${kind}: one tab writes while another reads, and each can read what the other stored`, async () => {
    await withTabs(2, kind, async (id, [a, b]) => {
      await storeChunk(a, id, 0);
      const [ends] = await Promise.all([read(b, id, 5, 1000), storeChunk(a, id, 1)]);
      assert.deepEqual(ends, [1, 1]);
      await storeChunk(b, id, 2);
      for (const tab of [a, b]) {
        assert.deepEqual(await chunks(tab, id), [0, 1, 2]);
        assert.deepEqual(await read(tab, id, 0, info.size), [1, 3]);
      }
    });
  });

  test(`${kind}: a chunk that two tabs need at once is fetched once`, async () => {
    const bytes = Buffer.alloc(1000, 7);
    const server = await modelServer(bytes);
    let ranges = 0;
    intercept(server, (request, _response, serve) => {
      const opening = request.headers.range === "bytes=0-0";
      if (!opening) ranges++;
      setTimeout(serve, opening ? 0 : 500);
    });
    await withTabs(2, kind, async (id, tabs) => {
      await call(tabs[0], "delete", id);
      await call(tabs[0], "openFile", id, { ...info, size: 1000 }, kind);
      const fetchChunk = ([id, url]) =>
        store.call(never, "openURL", url).then(({ source }) => store.storeChunk(never, id, 0, source));
      await Promise.all(tabs.map((tab) => tab.evaluate(fetchChunk, [id, server.url])));
      assert.equal(ranges, 1);
      for (const tab of tabs) assert.deepEqual(await read(tab, id, 0, 1000), [7, 7]);
    });
    await server.close();
  });

  test(`${kind}: a file deleted in another tab stays until its use ends; it can be stored again`, async () => {
    await withTabs(2, kind, async (id, [a, b]) => {
      await storeChunk(a, id, 0);
      assert.deepEqual(await read(a, id, 0, 10), [1, 1]);
      await call(b, "delete", id);
      assert.equal(await chunks(b, id), undefined);
      assert.deepEqual(await read(a, id, 0, 10), [1, 1]);
      await call(a, "endUse", id);
      const { code, retryable } = await read(a, id, 0, 10);
      assert.deepEqual([code, retryable], ["storage_error", true]);
      await call(a, "openFile", id, info, kind);
      await storeChunk(a, id, 0);
      assert.deepEqual(await read(b, id, 0, 10), [1, 1]);
    });
  });

  test(`${kind}: after the browser clears the site's storage chunks can be stored again`, async () => {
    await withTabs(
      1,
      kind,
      async (id, [tab]) => {
        await storeChunk(tab, id, 0);
        assert.deepEqual(await read(tab, id, 0, 10), [1, 1]);
        const devtools = await tab.context().newCDPSession(tab);
        await devtools.send("Storage.clearDataForOrigin", { origin: site.url, storageTypes: "all" });
        const { code, retryable } = await read(tab, id, 0, 10);
        assert.deepEqual([code, retryable], ["storage_error", true]);
        await call(tab, "openFile", id, info, kind);
        await storeChunk(tab, id, 1);
        assert.deepEqual(await read(tab, id, chunkBytes, 10), [2, 2]);
      },
      {},
    );
  });

  test(`${kind}: chunks whose bytes vanish are an error and not stored, and never read as zeros`, async () => {
    await withTabs(
      1,
      kind,
      async (id, [tab], profile) => {
        for (const chunk of [0, 1, 2]) await storeChunk(tab, id, chunk);
        await tab.waitForTimeout(1500); // the handle is closed when it has not been used for a second
        assert.ok(deleteBytes(profile) > 0);
        const { code, retryable } = await read(tab, id, 0, info.size);
        assert.deepEqual([code, retryable], ["storage_error", true]);
        assert.deepEqual(await chunks(tab, id), []);
        await storeChunk(tab, id, 1);
        assert.deepEqual(await chunks(tab, id), [1]);
        assert.deepEqual(await read(tab, id, chunkBytes, chunkBytes), [2, 2]);
        assert.equal((await read(tab, id, 0, 10)).code, "storage_error");
      },
      {},
    );
  });
}

test("free space is what the browser enforces, and is found without writing", async () => {
  const { context, close } = await launch({});
  const tab = await openStore(context, site.url);
  await setQuota(tab, 300e6);
  const start = performance.now();
  const free = await call(tab, "freeSpace", 43e9);
  assert.ok(performance.now() - start < 5000);
  assert.ok(free > 250e6 && free < 301e6, `${free}`);
  assert.equal(await call(tab, "freeSpace", 100e6), 100e6);
  await close();
});

test("without shared handles, tabs wait for each other", async () => {
  const exclusive = await serveStorage({}, (script) => script.replace('"readwrite-unsafe" })', '"readwrite" })'));
  await withTabs(
    2,
    "opfs",
    async (id, [a, b]) => {
      await Promise.all([storeChunk(a, id, 0), storeChunk(b, id, 1), storeChunk(a, id, 2)]);
      const reads = Array.from({ length: 8 }, (_, i) => read(i % 2 ? a : b, id, 0, info.size));
      for (const ends of await Promise.all(reads)) assert.deepEqual(ends, [1, 3]);
      await Promise.all([read(a, id, 0, info.size), call(b, "delete", id)]);
      await call(a, "endUse", id);
      assert.equal((await read(a, id, 0, 10)).code, "storage_error");
    },
    undefined,
    exclusive.url,
  );
  await exclusive.close();
});

test("opfs: after a file vanishes from the disk, storing a chunk makes its other chunks not stored", async () => {
  await withTabs(
    1,
    "opfs",
    async (id, [tab], profile) => {
      for (const chunk of [0, 1]) await storeChunk(tab, id, chunk);
      await tab.waitForTimeout(1500);
      assert.ok(deleteBytes(profile) > 0);
      await storeChunk(tab, id, 2); // in a new file, whose first chunks would read as zeros
      assert.deepEqual(await chunks(tab, id), [2]);
      assert.equal((await read(tab, id, 0, 10)).code, "storage_error");
    },
    {},
  );
});

/** Removes every file of a profile that may contain weights; returns how many. */
function deleteBytes(profile) {
  const large = readdirSync(profile, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /IndexedDB|File System/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => statSync(file).size >= 1000 && !/leveldb|Paths/.test(file));
  for (const file of large) rmSync(file);
  return large.length;
}
