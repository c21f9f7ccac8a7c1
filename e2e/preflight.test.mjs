// What to expect of a large model, told before anything big moves: of Scout at its full size, of which no more than the
// header and a few megabytes are ever asked for.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { launch, part, status, watch } from "./browser.mjs";
import { modelServer, tinyModel } from "./models.mjs";
import { serveSite, serveVirtual } from "./server.mjs";

const GB = 1e9;

let site, browser, scout;
before(async () => {
  site = await serveSite();
  scout = await countedScout();
  browser = await launch();
});
after(() => Promise.all([browser?.close(), site?.close(), scout?.close()]));

/** Scout, computed as it is read, behind a server that counts what it gives. */
async function countedScout() {
  const pack = await serveVirtual({ model: "scout", types: "ud-q2_k_xl", seed: 1 });
  const gate = await countingProxy(new URL(pack.url));
  return { ...gate, close: () => Promise.all([gate.close(), pack.close()]) };
}

/** Passes requests on to the server of a file, and counts the bytes of its answers. */
async function countingProxy(file) {
  const given = { bytes: 0 };
  const server = http.createServer((request, response) => {
    const onward = http.request(file.origin + request.url, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.on("data", (piece) => (given.bytes += piece.length));
      answer.pipe(response);
    });
    response.on("close", () => onward.destroy());
    onward.on("error", () => response.destroy());
    onward.end();
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () => new Promise((closed) => (server.closeAllConnections(), server.close(closed)));
  return { url: `http://127.0.0.1:${server.address().port}${file.pathname}`, given, close };
}

/** Opens the page and chooses Scout by its address. */
async function chooseScout() {
  const page = await browser.context.newPage();
  const complaints = watch(page);
  await page.goto(`${site.url}/#models`);
  await status(page, "idle");
  await page.locator("scout-chat input[name=url]").fill(scout.url);
  await page.getByRole("button", { name: "Load" }).click();
  return { page, complaints };
}

/** Header and probe: chunks of 16 MiB of the one, 8 MiB of the other, and what was on its way when they had enough. */
const MODEST = 64e6;

test("Scout at full size is weighed by its header, and what to expect is said before it is downloaded", async () => {
  const { page, complaints } = await chooseScout();
  const sentence = part(page, "sentence");
  await sentence.waitFor({ timeout: 300_000 });
  const said = await sentence.textContent();
  console.log(`e2e: ${said} (${(scout.given.bytes / 1e6).toFixed(1)} MB asked for)`);
  const [, most, onGPU, speed, toDownload, storage] =
    /^This machine: (at least )?(\d+) of 768 experts on the GPU, a?[a-z ]*([\d.]+) tok\/s once warm, (\d+) GB to download \(.+ at your speed\), (\d+) GB of storage needed\.$/.exec(said) ?? assert.fail(said);
  assert.ok(most || Number(onGPU) > 48, said);
  assert.ok(Number(onGPU) >= 48 && Number(onGPU) <= 768, said);
  assert.ok(Number(speed) > 0 && Number(speed) < 100, said);
  assert.deepEqual([toDownload, storage], ["43", "43"]);
  assert.ok(scout.given.bytes > 5e6 && scout.given.bytes < MODEST, `${scout.given.bytes} bytes asked for`);
  assert.equal(await status(page, "loading"), "loading");
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });

  await page.getByRole("button", { name: "Choose another model" }).click();
  await status(page, "idle");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), null);
  await page.getByText("under 1 % stored").waitFor();
  assert.ok(scout.given.bytes < MODEST, `${scout.given.bytes} bytes asked for`);
  await page.close();
  assert.deepEqual(complaints, []);
});

test("the engine gives the report as data, with what was measured", async () => {
  const page = await browser.context.newPage();
  await page.goto(`${site.url}/#models`);
  await status(page, "idle");
  const report = await page.evaluate((url) => document.querySelector("scout-chat").engine.preflight(url), scout.url);
  assert.deepEqual([report.experts, report.slots.length, report.atLeast], [768, 48, true]);
  assert.equal(report.expertsOnGPU, report.slots.reduce((sum, n) => sum + n));
  assert.ok(report.gpuBytes > 8 * GB && report.gpuBytes < 20 * GB, `${report.gpuBytes} bytes on the GPU`);
  assert.ok(report.storageBytes > 42 * GB && report.downloadBytes < report.storageBytes, "the header is stored by now");
  const { computeSeconds, writePerSecond, readPerSecond, linkPerSecond } = report.machine;
  for (const speed of [writePerSecond, readPerSecond, linkPerSecond]) assert.ok(speed > 1e5 && speed < 1e12, `${speed} bytes/s`);
  const predicted = 1 / (computeSeconds + report.bytesPerToken / readPerSecond);
  assert.ok(computeSeconds > 0 && Math.abs(report.tokensPerSecond - predicted) < 1e-6 * predicted, `${report.tokensPerSecond} tok/s, ${computeSeconds} s`);
  console.log(`e2e: preflight of Scout: ${computeSeconds.toFixed(2)} s of computing a token`);
  assert.ok(Math.abs(report.downloadSeconds * Math.min(linkPerSecond, writePerSecond) - report.downloadBytes) < 1e-6 * report.downloadBytes);
  assert.ok(scout.given.bytes < 2 * MODEST, `${scout.given.bytes} bytes asked for`);
  await page.close();
});

test("experts fill the GPU memory that the user gives; without a word, a model that fits is not paged", async () => {
  const server = await modelServer(tinyModel("-family", "llama4"));
  const page = await browser.context.newPage();
  await page.goto(`${site.url}/#models`);
  await status(page, "idle");
  const { report, given, refusal, free } = await page.evaluate(async (url) => {
    const { engine } = document.querySelector("scout-chat");
    const report = await engine.preflight(url, { measureFrom: Infinity });
    const load = (paging) => engine.load(url, { paging }).then(() => engine.stats(), (error) => error.code);
    const given = await load({ memory: report.gpuBytes });
    const refusal = await load({ memory: report.gpuBytes - 1 });
    return { report, given, refusal, free: await load({}) };
  }, server.url);
  assert.ok(report.expertsOnGPU < report.experts, `${report.expertsOnGPU} of ${report.experts}`);
  assert.equal(report.machine.writePerSecond, 0);
  assert.deepEqual([given.paging.expertsOnGPU, given.paging.experts], [report.expertsOnGPU, report.experts]);
  assert.equal(refusal, "out_of_memory");
  assert.equal(free.paging, null);
  await page.close();
  await server.close();
});
