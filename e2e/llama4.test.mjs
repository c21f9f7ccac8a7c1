// Tiny Llama 4 models in the page: the words are nonsense, but they are the reference's, token for token, also about
// pictures.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, part, status, watch } from "./browser.mjs";
import { file, readGolden } from "./golden.mjs";
import { always, modelServer } from "./models.mjs";
import { serveSite } from "./server.mjs";

const goldens = "testdata/golden/llama4/";
const pictures = "testdata/golden/image/";
const text = file(`${goldens}interleave1.gguf`);
const vision = file(`${goldens}vision-real.gguf`);
const photo = file(`${pictures}photo.jpg`);

let site, browser, models, eyes;
before(async () => {
  [site, browser, models, eyes] = await Promise.all([serveSite(), launch(), modelServer(text), modelServer(vision)]);
});
after(() => Promise.all([site, browser, models, eyes].map((x) => x?.close())));

/** node:test's test, with a page that has the model loaded, and its vision file if wanted. */
const modelTest = (name, { sees }, body) =>
  test(name, async () => {
    const page = await browser.context.newPage();
    const complaints = watch(page);
    await page.addInitScript(() => localStorage.clear()); // each test begins at the chooser
    try {
      await page.goto(`${site.url}/#models`);
      await page.getByLabel("Address of a GGUF file").fill(models.url);
      if (sees) await page.getByLabel("Address of its vision file").fill(eyes.url);
      await page.getByRole("button", { name: "Load" }).click();
      assert.equal(await status(page, ["ready", "error"], 60_000), "ready", await page.locator("scout-chat").innerText());
      await body(page);
      assert.deepEqual(complaints, []);
    } finally {
      await page.close();
    }
  });

const lastStats = (page) => page.evaluate(() => document.querySelector("scout-chat").engine.stats());
const picker = (page) => page.locator("scout-chat input.picker");
const thumbnails = (page) => page.locator("scout-chat .composer .thumbnail");

/** Attaches a picture and waits until the engine has found it good. */
async function attach(page, name, buffer) {
  const good = page.locator('scout-chat .composer .thumbnail[aria-busy="false"]');
  const before = await good.count();
  await picker(page).setInputFiles({ name, mimeType: "", buffer });
  await good.nth(before).waitFor();
}

/** Asks through the API with a limit, because these models never stop by themselves. */
const complete = (page, messages, max_tokens) =>
  page.evaluate(
    async ([messages, max_tokens]) => {
      const { engine } = document.querySelector("scout-chat");
      const { usage } = await engine.chat.completions.create({ messages, max_tokens, temperature: 0 });
      return { usage, stats: await engine.stats() };
    },
    [messages, max_tokens],
  );

modelTest("a Llama 4 chats: the reference's tokens", { sees: false }, async (page) => {
  const { notes, ints } = readGolden(`${goldens}interleave1-qknorm-high1.golden`);
  const prompt = Number(notes.prompt_tokens);
  const want = ints.tokens.slice(prompt);
  const { usage, stats } = await complete(page, [{ role: "user", content: notes.text }], want.length);
  assert.equal(usage.prompt_tokens, prompt);
  assert.deepEqual(stats.tokens, want);
  assert.equal(await part(page, "attach").count(), 0);
});

modelTest("with one slot for four experts: the same tokens, and what was read for them", { sees: false }, async (page) => {
  const { notes, ints } = readGolden(`${goldens}interleave1-qknorm-high1.golden`);
  const want = ints.tokens.slice(Number(notes.prompt_tokens));
  for (const paging of [{ slots: 1, policy: "lru" }, { slots: 2, prefetch: true }]) {
    await page.evaluate(([url, paging]) => document.querySelector("scout-chat").engine.load(url, { paging }), [models.url, paging]);
    const { stats } = await complete(page, [{ role: "user", content: notes.text }], want.length);
    assert.deepEqual(stats.tokens, want);
    const { slotBytes, prefill, decode } = stats.paging;
    assert.ok(slotBytes > 0 && prefill.misses > 0 && prefill.bytesRead > 0 && decode.tokens === want.length - 1, JSON.stringify(stats.paging));
    assert.equal(decode.hits + decode.misses, decode.tokens * 8); // layers, one expert each
  }
});

modelTest("a picture attached to a message: the reference's tokens", { sees: true }, async (page) => {
  const { notes, ints } = readGolden(`${goldens}vision-real.golden`);
  const prompt = Number(notes.prompt_tokens);
  const want = ints.tokens.slice(prompt);
  await attach(page, "noise.png", file(`${pictures}noise-97x61.png`));
  const url = await thumbnails(page).locator("img").getAttribute("src");
  const content = [{ type: "image_url", image_url: { url } }, { type: "text", text: notes.text }];
  const { usage, stats } = await complete(page, [{ role: "user", content }], want.length);
  assert.equal(usage.prompt_tokens, prompt);
  assert.equal(stats.tiles, 1);
  assert.deepEqual(stats.tokens, want);
  await part(page, "input").fill(notes.text);
  await part(page, "send").click();
  await page.waitForFunction(() => document.querySelector("scout-chat").shadowRoot.querySelector(".assistant .text")?.textContent.length > 40);
  await page.keyboard.press("Escape");
  await status(page, "ready");
  assert.deepEqual((await lastStats(page)).tokens.slice(0, want.length), want);
  assert.equal(await page.locator("scout-chat .user .thumbnail img").count(), 1);
});

/** Starts a clock on the page and gives a function that reads the longest time it stood still, ms. */
async function watchClock(page) {
  await page.evaluate(() => {
    let last = performance.now();
    window.longestGap = 0;
    setInterval(() => {
      window.longestGap = Math.max(window.longestGap, performance.now() - last);
      last = performance.now();
    }, 5);
  });
  return () => page.evaluate(() => window.longestGap);
}

modelTest("a photo stands upright, is cut quickly, never blocks the page, and is answered about", { sees: true }, async (page) => {
  const longestGap = await watchClock(page);
  await attach(page, "photo.jpg", photo);
  const gap = await longestGap();
  const shown = await thumbnails(page).locator("img").evaluate(async (img) => (await img.decode(), { url: img.src, size: [img.naturalWidth, img.naturalHeight] }));
  assert.deepEqual(shown.size, [4032, 3024]); // the file's rows are columns
  // Other programs on the machine can only make it slower, so the best of three counts.
  const tries = await page.evaluate(async (url) => {
    const file = await (await fetch(url)).blob();
    const tries = [];
    while (tries.length < 3) tries.push((await document.querySelector("scout-chat").engine.checkPicture(URL.createObjectURL(file))).seconds);
    return tries;
  }, shown.url);
  const content = [{ type: "image_url", image_url: { url: shown.url } }, { type: "text", text: "Describe this picture" }];
  const { usage, stats } = await complete(page, [{ role: "user", content }], 4);
  const best = Math.min(stats.pictureSeconds, ...tries);
  assert.equal(usage.prompt_tokens, 160 - 147 + 1887); // 3 × 4 tiles and the global one
  assert.equal(stats.tiles, 13);
  assert.deepEqual(stats.tokens, String(file(`${goldens}photo.tokens`)).trim().split(" ").map(Number)); // as the CPU reference answers
  console.log(
    `e2e: photo 4032×3024: preprocessing ${best.toFixed(2)} s in its worker (the first time ${stats.pictureSeconds.toFixed(2)} s), 13 tiles encoded in ${stats.encodeSeconds.toFixed(1)} s, ` +
      `prefill ${stats.prefillSeconds.toFixed(1)} s for ${usage.prompt_tokens} tokens; the page stood still for ${gap.toFixed(0)} ms at most`,
  );
  assert.ok(best > 0 && best < 1.5, `preprocessing took ${best} s`);
  assert.ok(gap < 1000, `the page stood still for ${gap} ms`);
  assert.ok(stats.memoryBytes < 256e6, `Go took ${stats.memoryBytes} bytes`);
});

/** A PNG that announces a size and has no pixels. */
function pngHeader(width, height) {
  const body = Buffer.alloc(17);
  body.write("IHDR");
  body.writeUInt32BE(width, 4);
  body.writeUInt32BE(height, 8);
  body.set([8, 2, 0, 0, 0], 12);
  const length = Buffer.from([0, 0, 0, 13]), sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), length, body, sum]);
}

function crc32(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

const badPictures = {
  "cut.jpg": ["bad_image", /cut\.jpg: .*JPEG file is damaged or cut short/, photo.subarray(0, photo.length / 2)],
  "lying.png": ["bad_image", /damaged or cut short/, pngHeader(100, 100)],
  "bomb.png": ["image_too_large", /30000×40000/, pngHeader(30000, 40000)],
  "flat.png": ["bad_image", /no pixels|damaged/, pngHeader(0, 5)],
  "empty.png": ["unsupported_image", /not a picture/, Buffer.alloc(0)],
  "drawing.svg": ["unsupported_image", /SVG is a drawing/, Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>")],
};

const frame = "2c00000000010001000002024401" + "00";
const goodPictures = {
  "animated.gif": Buffer.from(`47494638396101000100800000ffffff000000${frame}${frame}3b`, "hex"),
  "cmyk.jpg": file(`${pictures}jpeg-cmyk.jpg`),
  "scan.tiff": file(`${pictures}tiff.tiff`),
};

modelTest("bad pictures are refused by name when they are attached; odd ones are taken", { sees: true }, async (page) => {
  for (const [name, [code, says, buffer]] of Object.entries(badPictures)) {
    await picker(page).setInputFiles({ name, mimeType: "", buffer });
    await page.locator(`scout-chat [part=error][data-code=${code}]`).getByText(name).waitFor();
    assert.match(await part(page, "error").innerText(), says);
    assert.equal(await thumbnails(page).count(), 0);
  }
  for (const [name, buffer] of Object.entries(goodPictures)) await attach(page, name, buffer);
  await page.locator("scout-chat .no-preview").getByText("TIFF").waitFor();
});

modelTest("pictures by address: data:, a server that allows it, and servers that do not", { sees: true }, async (page) => {
  const png = file(`${pictures}noise-97x61.png`);
  const [open, closed, gone] = await Promise.all([modelServer(png), modelServer(png), modelServer(png)]);
  closed.headers = {};
  always(gone, (_, response) => response.writeHead(404, { "Access-Control-Allow-Origin": "*" }).end());
  const urls = [`data:image/png;base64,${png.toString("base64")}`, open.url, closed.url, gone.url, "blob:null/none", "data:image/png;base64,?"];
  const outcomes = await page.evaluate((urls) => {
    const { engine } = document.querySelector("scout-chat");
    return Promise.all(urls.map((url) => engine.checkPicture(url).then(({ tiles }) => tiles, ({ code }) => code)));
  }, urls);
  assert.deepEqual(outcomes, [1, 1, "no_cors", "not_found", "not_found", "bad_image"]);
  await Promise.all([open.close(), closed.close(), gone.close()]);
});

modelTest("a model without vision refuses pictures by name, before any work", { sees: false }, async (page) => {
  const workers = page.workers().length;
  await page.evaluate((bytes) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(bytes)], "noise.png", { type: "image/png" }));
    const chat = document.querySelector("scout-chat");
    for (const type of ["dragover", "drop"]) chat.dispatchEvent(new DragEvent(type, { dataTransfer, cancelable: true }));
  }, [...file(`${pictures}noise-97x61.png`)]);
  await page.locator("scout-chat [part=error][data-code=invalid_request]").getByText(/noise\.png: this model cannot see pictures/).waitFor();
  assert.equal(page.workers().length, workers);
  const refused = await page.evaluate(() => {
    const content = [{ type: "image_url", image_url: { url: "https://example.org/never-asked.png" } }];
    const { create } = document.querySelector("scout-chat").engine.chat.completions;
    return create({ messages: [{ role: "user", content }] }).catch(({ code, message }) => `${code} ${message}`);
  });
  assert.match(refused, /^invalid_request .*cannot see images/);
});

test("a model and its vision file are opened together from disk, whatever they are called", async () => {
  const { context, close } = await launch();
  const page = await context.newPage();
  await page.goto(`${site.url}/#models`);
  const files = [["b-text.gguf", text], ["a-eyes.gguf", vision]].map(([name, buffer]) => ({ name, mimeType: "", buffer }));
  await page.locator("scout-chat input[type=file]").setInputFiles(files);
  assert.equal(await status(page, ["ready", "error"]), "ready");
  await attach(page, "noise.png", file(`${pictures}noise-97x61.png`));
  await close();
});
