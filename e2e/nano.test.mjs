// The first minute: the page opens, Nano answers; then, without network, it answers again and about a picture.

import assert from "node:assert/strict";
import { test } from "node:test";
import { answers, ask, collectProblems, launch, part, waitForStatus } from "./browser.mjs";
import { file } from "./golden.mjs";
import { requests, serveSite } from "./server.mjs";
import { waitForCaches } from "./site.mjs";

const minutes = (n) => n * 60_000;
const cases = JSON.parse(file("testdata/golden/nano/cases.json"));
const golden = cases.find(({ family, picture }) => family === "about" && !picture);

const stats = (page) => page.evaluate(() => document.querySelector("scout-chat").engine.stats());

/** Draws three blue circles into a PNG file. */
async function threeBlueCircles(page) {
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(640, 480);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, 640, 480);
    pen.fillStyle = "#2050e0";
    for (const [x, y, radius] of [
      [130, 150, 70],
      [480, 130, 64],
      [330, 340, 76],
    ]) {
      pen.beginPath();
      pen.arc(x, y, radius, 0, 7);
      pen.fill();
    }
    const png = await canvas.convertToBlob({ type: "image/png" });
    return [...new Uint8Array(await png.arrayBuffer())];
  });
  return { name: "circles.png", mimeType: "image/png", buffer: Buffer.from(bytes) };
}

/** Opens the page, asks at once and prints how long it took. */
async function testFirstVisit(page, url) {
  await page.addInitScript(() => {
    document.addEventListener("status-changed", ({ detail }) => {
      if (detail.status === "ready") window.readyAt ??= performance.now();
    });
  });
  const opened = Date.now();
  await page.goto(url);
  await part(page, "input").and(page.locator(":enabled")).fill("Hello!");
  await part(page, "send").click();
  await page.waitForFunction(() => {
    const { shadowRoot } = document.querySelector("scout-chat");
    return shadowRoot.querySelector('[part="message assistant"] .text')?.textContent;
  });
  const firstToken = (Date.now() - opened) / 1000;
  await waitForStatus(page, ["ready", "error"], minutes(3));
  assert.match(await answers(page).last().textContent(), /hello/i);
  const { tokensPerSecond, prefillSeconds } = await stats(page);
  const ready = (await page.evaluate(() => window.readyAt)) / 1000;
  console.log(
    `e2e: nano: ready ${ready.toFixed(1)} s after opening the page, first token after ${firstToken.toFixed(1)} s ` +
      `(prefill ${prefillSeconds.toFixed(1)} s), ${tokensPerSecond.toFixed(1)} tokens/s`,
  );
}

/** Opens the page again and asks a question whose answer is known. */
async function testKnownAnswer(page, url) {
  await page.goto(url);
  const status = await waitForStatus(page, ["ready", "error"], minutes(3));
  assert.equal(status, "ready", await page.locator("scout-chat").innerText());
  assert.equal(await ask(page, golden.ask, minutes(3)), golden.answer);
  assert.deepEqual((await stats(page)).tokens, golden.tokens);
}

/** Asks about a picture. */
async function testPicture(page) {
  await page.locator("scout-chat input.picker").setInputFiles(await threeBlueCircles(page));
  await page.locator('scout-chat .composer .thumbnail[aria-busy="false"]').waitFor();
  const count = await ask(page, "How many circles?", minutes(3));
  assert.match(count, /\b(three|3)\b/);
  const { tiles, encodeSeconds } = await stats(page);
  assert.equal(tiles, 1);
  console.log(
    `e2e: nano: offline: ${JSON.stringify(golden.answer)}; about three blue circles: ${JSON.stringify(count)}, ` +
      `encoded in ${encodeSeconds.toFixed(1)} s`,
  );
}

/** Checks what the first visit moved: Nano once, and nothing that only pictures need. */
async function testTransfer(site) {
  const seen = requests(site);
  const total = seen.reduce((sum, { bytes }) => sum + bytes, 0);
  const weights = seen.filter(({ path }) => path.endsWith(".gguf")).reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(
    `e2e: nano: the first visit moves ${(total / 1e6).toFixed(1)} MB, ${(weights / 1e6).toFixed(1)} MB of weights`,
  );
  assert.ok(total <= 17e6, `${total} bytes`);
  assert.ok(weights <= 14.5e6, `${weights} bytes of weights`); // a little more than both files, because of samples
  assert.deepEqual(
    seen.filter(({ path }) => /image-|picture-/.test(path) || !path.startsWith("/outrider/")),
    [],
  );
}

test("Nano answers when the page has opened; then, without network, again and about a picture", async () => {
  const site = await serveSite({ base: "/outrider/" });
  const { context, close } = await launch();
  try {
    context.setDefaultTimeout(minutes(3)); // a slow machine must not fail here
    const page = await context.newPage();
    const problems = collectProblems(page);
    await testFirstVisit(page, `${site.url}/`);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await testTransfer(site);
    await page.reload(); // the second visit stores what pictures need
    await waitForCaches(page, (urls) =>
      ["/image-", "/picture-"].every((name) => urls.some((url) => url.includes(name))),
    );
    await site.close();
    for (const path of ["/index.html", "/chat/none?utm_source=x", "/?x=1#models", "/?x=1"]) {
      await page.goto(site.url + path);
      await waitForStatus(page, ["idle", "ready"], minutes(3));
    }
    await testKnownAnswer(page, `${site.url}/`);
    await testPicture(page);
    const unexpected = problems.filter((c) => !/ERR_CONNECTION_REFUSED|offered\.json/.test(c));
    assert.deepEqual(unexpected, []);
  } finally {
    await close();
    await site.close();
  }
});
