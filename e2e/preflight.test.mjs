// The preflight report, shown before a large download. Scout has its full size here, and no more than its header and a
// few megabytes are ever requested.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { closeServer } from "../web/test/range-server.mjs";
import { collectProblems, launch, part, waitForStatus } from "./browser.mjs";
import { modelServer, tinyModel } from "./models.mjs";
import { serveSite, serveVirtual } from "./server.mjs";

const GB = 1e9;

let site, browser, scout;
before(async () => {
  site = await serveSite();
  scout = await serveScout();
  browser = await launch();
});
after(() => Promise.all([browser?.close(), site?.close(), scout?.close()]));

/** Serves Scout, computed while it is read, behind a proxy that counts the bytes it sends. */
async function serveScout() {
  const pack = await serveVirtual({ model: "scout", types: "ud-q2_k_xl", seed: 1 });
  const proxy = await countingProxy(new URL(pack.url));
  return { ...proxy, close: () => Promise.all([proxy.close(), pack.close()]) };
}

/** Forwards requests to the server of a file, and counts the bytes of the responses. */
async function countingProxy(file) {
  const sent = { bytes: 0 };
  const server = http.createServer((request, response) => {
    const forwarded = http.request(
      file.origin + request.url,
      { method: request.method, headers: request.headers },
      (origin) => {
        response.writeHead(origin.statusCode, origin.headers);
        origin.on("data", (piece) => (sent.bytes += piece.length));
        origin.pipe(response);
      },
    );
    response.on("close", () => forwarded.destroy());
    forwarded.on("error", () => response.destroy());
    forwarded.end();
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}${file.pathname}`, sent, close: () => closeServer(server) };
}

/** Opens the page and enters the address of Scout. */
async function chooseScout() {
  const page = await browser.context.newPage();
  const problems = collectProblems(page);
  await page.goto(`${site.url}/#models`);
  await waitForStatus(page, "idle");
  await page.locator("scout-chat input[name=url]").fill(scout.url);
  await page.getByRole("button", { name: "Load" }).click();
  return { page, problems };
}

/**
 * Limit for header and speed probe: chunks of 16 MiB for the one, 8 MiB for the other, and what was sent before they
 * ended.
 */
const MAX_REQUESTED = 64e6;

const sentencePattern = new RegExp(
  String.raw`^This machine: (at least )?(\d+) of 768 experts on the GPU, a?[a-z ]*([\d.]+) tok\/s once warm, ` +
    String.raw`(\d+) GB to download \(.+ at your speed\), (\d+) GB of storage needed\.$`,
);

test("the report on Scout needs only its header, and is shown before the download", async () => {
  const { page, problems } = await chooseScout();
  const details = part(page, "details").getByText("Details");
  await details.waitFor({ timeout: 300_000 });
  await details.click();
  const sentence = part(page, "sentence");
  await sentence.waitFor();
  const text = await sentence.textContent();
  console.log(`e2e: ${text} (${(scout.sent.bytes / 1e6).toFixed(1)} MB requested)`);
  const [, atLeast, onGPU, speed, toDownload, storage] = sentencePattern.exec(text) ?? assert.fail(text);
  assert.ok(atLeast || Number(onGPU) > 48, text);
  assert.ok(Number(onGPU) >= 48 && Number(onGPU) <= 768, text);
  assert.ok(Number(speed) > 0 && Number(speed) < 100, text);
  assert.deepEqual([toDownload, storage], ["43", "43"]);
  assert.ok(scout.sent.bytes > 5e6 && scout.sent.bytes < MAX_REQUESTED, `${scout.sent.bytes} bytes requested`);
  assert.equal(await waitForStatus(page, "loading"), "loading");
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });

  await page.getByRole("button", { name: "Choose another model" }).click();
  await waitForStatus(page, "idle");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), null);
  await page.getByText("under 1 % stored").waitFor();
  assert.ok(scout.sent.bytes < MAX_REQUESTED, `${scout.sent.bytes} bytes requested`);
  await page.close();
  assert.deepEqual(problems, []);
});

test("the engine returns the report as data, with its measurements", async () => {
  const page = await browser.context.newPage();
  await page.goto(`${site.url}/#models`);
  await waitForStatus(page, "idle");
  const report = await page.evaluate((url) => document.querySelector("scout-chat").engine.preflight(url), scout.url);
  assert.deepEqual([report.experts, report.slots.length, report.atLeast], [768, 48, true]);
  assert.equal(
    report.expertsOnGPU,
    report.slots.reduce((sum, n) => sum + n),
  );
  assert.ok(report.gpuBytes > 8 * GB && report.gpuBytes < 20 * GB, `${report.gpuBytes} bytes on the GPU`);
  assert.ok(report.storageBytes > 42 * GB && report.downloadBytes < report.storageBytes, "the header is stored");
  const { computeSeconds, writePerSecond, readPerSecond, linkPerSecond } = report.machine;
  for (const speed of [writePerSecond, readPerSecond, linkPerSecond])
    assert.ok(speed > 1e5 && speed < 1e12, `${speed} bytes/s`);
  const predicted = 1 / (computeSeconds + report.bytesPerToken / readPerSecond);
  assert.ok(
    computeSeconds > 0 && Math.abs(report.tokensPerSecond - predicted) < 1e-6 * predicted,
    `${report.tokensPerSecond} tok/s, ${computeSeconds} s`,
  );
  console.log(`e2e: preflight of Scout: ${computeSeconds.toFixed(2)} s of computing a token`);
  assert.ok(
    Math.abs(report.downloadSeconds * Math.min(linkPerSecond, writePerSecond) - report.downloadBytes) <
      1e-6 * report.downloadBytes,
  );
  assert.ok(scout.sent.bytes < 2 * MAX_REQUESTED, `${scout.sent.bytes} bytes requested`);
  await page.close();
});

test("experts fill the GPU memory that the caller allows; without a limit, a model that fits is unpaged", async () => {
  const server = await modelServer(tinyModel("-family", "llama4"));
  const page = await browser.context.newPage();
  await page.goto(`${site.url}/#models`);
  await waitForStatus(page, "idle");
  const { report, limited, refusal, unlimited } = await page.evaluate(async (url) => {
    const { engine } = document.querySelector("scout-chat");
    const report = await engine.preflight(url, { measureFrom: Infinity });
    const load = (paging) =>
      engine.load(url, { paging }).then(
        () => engine.stats(),
        (error) => error.code,
      );
    const limited = await load({ memory: report.gpuBytes });
    const refusal = await load({ memory: report.gpuBytes - 1 });
    return { report, limited, refusal, unlimited: await load({}) };
  }, server.url);
  assert.ok(report.expertsOnGPU < report.experts, `${report.expertsOnGPU} of ${report.experts}`);
  assert.equal(report.machine.writePerSecond, 0);
  assert.deepEqual([limited.paging.expertsOnGPU, limited.paging.experts], [report.expertsOnGPU, report.experts]);
  assert.equal(refusal, "out_of_memory");
  assert.equal(unlimited.paging, null);
  await page.close();
  await server.close();
});
