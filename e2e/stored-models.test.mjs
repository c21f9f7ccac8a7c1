// Importing, checking and exporting with the real engine and store: the built-in model, as a file that a page may read.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { serveSite } from "./server.mjs";

let site, browser;
before(async () => {
  site = await serveSite();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

test("a file on the disk is read in place, found sound, and exported byte for byte", async () => {
  const page = await browser.context.newPage();
  await page.goto(`${site.url}/#models`);
  const result = await page.evaluate(async () => {
    const chat = document.querySelector("scout-chat");
    const { engine, catalogue } = chat;
    const folder = await navigator.storage.getDirectory();
    const source = await folder.getFileHandle("own.gguf", { create: true });
    const bytes = await (await fetch(catalogue.find(({ id }) => id === "nano").url)).blob();
    const writable = await source.createWritable();
    await writable.write(bytes);
    await writable.close();
    const id = await engine.importModel(source);
    const model = await engine.load(id);
    const report = await engine.storage();
    const changed = await engine.verifyModel(id);
    const target = await folder.getFileHandle("copy.gguf", { create: true });
    const progress = [];
    await engine.exportModel(id, target, { onProgress: (n) => progress.push(n) });
    const digest = async (blob) =>
      String(new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())));
    const equal = (await digest(await target.getFile())) === (await digest(bytes));
    const parts = [];
    const stream = new WritableStream({ write: (part) => void parts.push(part) });
    await engine.exportModel(id, stream);
    const streamed = (await digest(new Blob(parts))) === (await digest(bytes));
    const handle = await engine.fileHandle(id);
    const same = await handle.isSameEntry(source);
    await engine.unload();
    await engine.deleteModel(id);
    const left = (await engine.storage()).files.map((file) => file.id);
    return {
      id,
      name: model.name,
      files: report.files,
      size: bytes.size,
      changed,
      equal,
      streamed,
      same,
      left,
      last: progress.at(-1),
    };
  });
  const [file] = result.files.filter(({ id }) => id === result.id);
  assert.equal(result.id, "local:own.gguf");
  assert.deepEqual([file.onDisk, file.complete, file.bytesTotal], [true, true, result.size]);
  assert.deepEqual([result.changed, result.equal, result.streamed, result.same], [0, true, true, true]);
  assert.equal(result.last, result.size);
  assert.ok(!result.left.includes(result.id));
  await page.close();
});
