// Tiny Llama 4 models in the page: their words have no meaning, but their tokens are those of the reference, also about
// pictures.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { collectProblems, launch, part, waitForStatus } from "./browser.mjs";
import { file, readGolden } from "./golden.mjs";
import { intercept, modelServer } from "./models.mjs";
import { serveSite } from "./server.mjs";

const goldens = "testdata/golden/llama4/";
const pictures = "testdata/golden/image/";
const text = file(`${goldens}interleave1.gguf`);
const vision = file(`${goldens}vision-real.gguf`);
const photo = file(`${pictures}photo.jpg`);

// A model that was loaded with a vision file keeps it, so the same file at another address is the model without one.
let site, browser, models, seeing, visionFiles;
before(async () => {
  [site, browser, models, seeing, visionFiles] = await Promise.all([
    serveSite(),
    launch(),
    modelServer(text),
    modelServer(text),
    modelServer(vision),
  ]);
});
after(() => Promise.all([site, browser, models, seeing, visionFiles].map((x) => x?.close())));

/** Defines a test with a page in which the model is loaded, with its vision file if withVision is set. */
const modelTest = (name, { withVision }, body) =>
  test(name, async () => {
    const page = await browser.context.newPage();
    const problems = collectProblems(page);
    await page.addInitScript(() => localStorage.clear()); // each test starts at the chooser
    try {
      await page.goto(`${site.url}/#models`);
      await page.getByLabel("Address of a GGUF file").fill((withVision ? seeing : models).url);
      if (withVision) await page.getByLabel("Address of its vision file").fill(visionFiles.url);
      await page.getByRole("button", { name: "Load" }).click();
      assert.equal(
        await waitForStatus(page, ["ready", "error"], 60_000),
        "ready",
        await page.locator("scout-chat").innerText(),
      );
      await page.evaluate(() => (document.querySelector("scout-chat").temperature = 0)); // as the reference
      await body(page);
      assert.deepEqual(problems, []);
    } finally {
      await page.close();
    }
  });

const lastStats = (page) => page.evaluate(() => document.querySelector("scout-chat").engine.stats());
const picker = (page) => page.locator("scout-chat input.picker");
const thumbnails = (page) => page.locator("scout-chat .composer .thumbnail");

/** Attaches a picture and waits until the engine has checked it. */
async function attach(page, name, buffer) {
  const checked = page.locator('scout-chat .composer .thumbnail[aria-busy="false"]');
  const before = await checked.count();
  await picker(page).setInputFiles({ name, mimeType: "", buffer });
  await checked.nth(before).waitFor();
}

/** Requests an answer of limited length, because these models never end theirs. */
const complete = (page, messages, max_tokens) =>
  page.evaluate(
    async ([messages, max_tokens]) => {
      const { engine } = document.querySelector("scout-chat");
      const { usage } = await engine.chat.completions.create({ messages, max_tokens, temperature: 0 });
      return { usage, stats: await engine.stats() };
    },
    [messages, max_tokens],
  );

modelTest("a Llama 4 model answers with the reference's tokens", { withVision: false }, async (page) => {
  const { notes, ints } = readGolden(`${goldens}interleave1-qknorm-high1.golden`);
  const prompt = Number(notes.prompt_tokens);
  const expected = ints.tokens.slice(prompt);
  const { usage, stats } = await complete(page, [{ role: "user", content: notes.text }], expected.length);
  assert.equal(usage.prompt_tokens, prompt);
  assert.deepEqual(stats.tokens, expected);
  assert.equal(await part(page, "attach").count(), 0);
});

modelTest(
  "with one slot for four experts the tokens are the same, and the misses are counted",
  { withVision: false },
  async (page) => {
    const { notes, ints } = readGolden(`${goldens}interleave1-qknorm-high1.golden`);
    const expected = ints.tokens.slice(Number(notes.prompt_tokens));
    for (const paging of [
      { slots: 1, policy: "lru" },
      { slots: 2, prefetch: true },
    ]) {
      await page.evaluate(
        ([url, paging]) => document.querySelector("scout-chat").engine.load(url, { paging }),
        [models.url, paging],
      );
      const { stats } = await complete(page, [{ role: "user", content: notes.text }], expected.length);
      assert.deepEqual(stats.tokens, expected);
      const { slotBytes, prefill, decode } = stats.paging;
      assert.ok(
        slotBytes > 0 && prefill.misses > 0 && prefill.bytesRead > 0 && decode.tokens === expected.length - 1,
        JSON.stringify(stats.paging),
      );
      assert.equal(decode.hits + decode.misses, decode.tokens * 8); // layers, one expert each
    }
  },
);

modelTest("a message with a picture is answered with the reference's tokens", { withVision: true }, async (page) => {
  const { notes, ints } = readGolden(`${goldens}vision-real.golden`);
  const prompt = Number(notes.prompt_tokens);
  const expected = ints.tokens.slice(prompt);
  await attach(page, "noise.png", file(`${pictures}noise-97x61.png`));
  const url = await thumbnails(page).locator("img").getAttribute("src");
  const content = [
    { type: "image_url", image_url: { url } },
    { type: "text", text: notes.text },
  ];
  const { usage, stats } = await complete(page, [{ role: "user", content }], expected.length);
  assert.equal(usage.prompt_tokens, prompt);
  assert.equal(stats.tiles, 1);
  assert.deepEqual(stats.tokens, expected);
  await part(page, "input").fill(notes.text);
  await part(page, "send").click();
  await page.waitForFunction(
    () => document.querySelector("scout-chat").shadowRoot.querySelector(".assistant .text")?.textContent.length > 40,
  );
  await page.keyboard.press("Escape");
  await waitForStatus(page, "ready");
  assert.deepEqual((await lastStats(page)).tokens.slice(0, expected.length), expected);
  assert.equal(await page.locator("scout-chat .user .thumbnail img").count(), 1);
});

/**
 * Starts a timer in the page, and returns a function that reads the longest time for which the page was blocked, ms.
 */
async function measureBlocking(page) {
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

modelTest(
  "a photo is shown upright, is cut into tiles quickly without blocking the page, and is answered about",
  { withVision: true },
  async (page) => {
    const longestGap = await measureBlocking(page);
    await attach(page, "photo.jpg", photo);
    const gap = await longestGap();
    const shown = await thumbnails(page)
      .locator("img")
      .evaluate(async (img) => {
        await img.decode();
        return { url: img.src, size: [img.naturalWidth, img.naturalHeight] };
      });
    assert.deepEqual(shown.size, [4032, 3024]); // the file is rotated by its EXIF orientation
    // Other programs can only slow it down, so the fastest of three tries counts.
    const tries = await page.evaluate(async (url) => {
      const file = await (await fetch(url)).blob();
      const tries = [];
      while (tries.length < 3)
        tries.push((await document.querySelector("scout-chat").engine.checkPicture(URL.createObjectURL(file))).seconds);
      return tries;
    }, shown.url);
    const content = [
      { type: "image_url", image_url: { url: shown.url } },
      { type: "text", text: "Describe this picture" },
    ];
    const { usage, stats } = await complete(page, [{ role: "user", content }], 4);
    const best = Math.min(stats.pictureSeconds, ...tries);
    assert.equal(usage.prompt_tokens, 160 - 147 + 1887); // 3 × 4 tiles and the global one
    assert.equal(stats.tiles, 13);
    assert.deepEqual(
      stats.tokens,
      String(file(`${goldens}photo.tokens`))
        .trim()
        .split(" ")
        .map(Number),
    ); // of the CPU reference
    console.log(
      `e2e: photo 4032×3024: preprocessing ${best.toFixed(2)} s in its worker ` +
        `(the first time ${stats.pictureSeconds.toFixed(2)} s), ` +
        `13 tiles encoded in ${stats.encodeSeconds.toFixed(1)} s, ` +
        `prefill ${stats.prefillSeconds.toFixed(1)} s for ${usage.prompt_tokens} tokens; ` +
        `the page was blocked for ${gap.toFixed(0)} ms at most`,
    );
    assert.ok(best > 0 && best < 1.5, `preprocessing took ${best} s`);
    assert.ok(gap < 1000, `the page was blocked for ${gap} ms`);
    assert.ok(stats.memoryBytes < 256e6, `Go took ${stats.memoryBytes} bytes`);
  },
);

/** Returns a PNG that announces a size and has no pixels. */
function pngHeader(width, height) {
  const body = Buffer.alloc(17);
  body.write("IHDR");
  body.writeUInt32BE(width, 4);
  body.writeUInt32BE(height, 8);
  body.set([8, 2, 0, 0, 0], 12);
  const length = Buffer.from([0, 0, 0, 13]),
    sum = Buffer.alloc(4);
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
  "no-more.jpg": ["bad_image", /no-more\.jpg: .*JPEG file is damaged or cut short/, photo.subarray(0, 100)],
  "no-pixels.png": ["bad_image", /damaged or cut short/, pngHeader(100, 100)],
  "bomb.png": ["image_too_large", /30000×40000/, pngHeader(30000, 40000)],
  "no-width.png": ["bad_image", /no pixels|damaged/, pngHeader(0, 5)],
  "empty.png": ["unsupported_image", /not a picture/, Buffer.alloc(0)],
  "drawing.svg": ["unsupported_image", /SVG is a drawing/, Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>")],
};

const frame = "2c00000000010001000002024401" + "00";
/** Returns an ICO file of one PNG picture. */
function icon(png) {
  const header = Buffer.from("000001000100" + "613d0000" + "01002000", "hex");
  const place = Buffer.alloc(8);
  place.writeUInt32LE(png.length, 0);
  place.writeUInt32LE(22, 4);
  return Buffer.concat([header, place, png]);
}

/** Returns a PNG file with one bit of its pixels flipped, which browsers show down to there. */
function flipped(png) {
  const copy = Buffer.from(png);
  copy[copy.length >> 1] ^= 1;
  return copy;
}

const goodPictures = {
  "cut.jpg": photo.subarray(0, photo.length / 2),
  "flipped.png": flipped(file(`${pictures}noise-97x61.png`)),
  "icon.ico": icon(file(`${pictures}noise-97x61.png`)),
  "animated.gif": Buffer.from(`47494638396101000100800000ffffff000000${frame}${frame}3b`, "hex"),
  "cmyk.jpg": file(`${pictures}jpeg-cmyk.jpg`),
  "scan.tiff": file(`${pictures}tiff.tiff`),
};

modelTest(
  "bad pictures are refused with their name when they are attached; unusual formats are accepted",
  { withVision: true },
  async (page) => {
    for (const [name, [code, message, buffer]] of Object.entries(badPictures)) {
      await picker(page).setInputFiles({ name, mimeType: "", buffer });
      await page.locator(`scout-chat [part=error][data-code=${code}]`).getByText(name).waitFor();
      assert.match(await part(page, "error").innerText(), message);
      assert.equal(await thumbnails(page).count(), 0);
    }
    for (const [name, buffer] of Object.entries(goodPictures)) await attach(page, name, buffer);
    await page.locator("scout-chat .no-preview").getByText("TIFF").waitFor();
  },
);

modelTest(
  "pictures by address: data:, a server with CORS, and servers without CORS or picture",
  { withVision: true },
  async (page) => {
    const png = file(`${pictures}noise-97x61.png`);
    const [withCORS, withoutCORS, missing] = await Promise.all([modelServer(png), modelServer(png), modelServer(png)]);
    withoutCORS.headers = {};
    intercept(missing, (_, response) => response.writeHead(404, { "Access-Control-Allow-Origin": "*" }).end());
    const urls = [
      `data:image/png;base64,${png.toString("base64")}`,
      withCORS.url,
      withoutCORS.url,
      missing.url,
      "blob:null/none",
      "data:image/png;base64,?",
    ];
    const outcomes = await page.evaluate((urls) => {
      const { engine } = document.querySelector("scout-chat");
      return Promise.all(
        urls.map((url) =>
          engine.checkPicture(url).then(
            ({ tiles }) => tiles,
            ({ code }) => code,
          ),
        ),
      );
    }, urls);
    assert.deepEqual(outcomes, [1, 1, "no_cors", "not_found", "not_found", "bad_image"]);
    await Promise.all([withCORS.close(), withoutCORS.close(), missing.close()]);
  },
);

modelTest(
  "a model without vision refuses pictures with their name, and starts no picture worker",
  { withVision: false },
  async (page) => {
    const workers = page.workers().length;
    await page.evaluate(
      (bytes) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(bytes)], "noise.png", { type: "image/png" }));
        const chat = document.querySelector("scout-chat");
        for (const type of ["dragover", "drop"])
          chat.dispatchEvent(new DragEvent(type, { dataTransfer, cancelable: true }));
      },
      [...file(`${pictures}noise-97x61.png`)],
    );
    await page
      .locator("scout-chat [part=error][data-code=invalid_request]")
      .getByText(/noise\.png: this model cannot see pictures/)
      .waitFor();
    assert.equal(page.workers().length, workers);
    const refused = await page.evaluate(() => {
      const content = [{ type: "image_url", image_url: { url: "https://example.org/never-fetched.png" } }];
      const { create } = document.querySelector("scout-chat").engine.chat.completions;
      return create({ messages: [{ role: "user", content }] }).catch(({ code, message }) => `${code} ${message}`);
    });
    assert.match(refused, /^invalid_request .*cannot see images/);
  },
);

test("the vision file is stored, listed, opened without network, and deleted with its model", async () => {
  const [model, mmproj] = await Promise.all([modelServer(text), modelServer(vision)]);
  const { context, close } = await launch();
  try {
    const page = await context.newPage();
    await page.goto(`${site.url}/#models`);
    const engine = (method, ...args) =>
      page.evaluate(([m, args]) => document.querySelector("scout-chat").engine[m](...args), [method, args]);
    await engine("load", { model: model.url, mmproj: mmproj.url });
    await Promise.all([model.close(), mmproj.close()]);
    await page.reload();
    await waitForStatus(page, "idle");
    const [{ id, bytesStored, complete: whole }, ...others] = await engine("models");
    assert.deepEqual([id, bytesStored, whole, others], [model.url, text.length + vision.length, true, []]);
    assert.equal((await engine("load", id)).vision, true);
    const url = `data:image/png;base64,${file(`${pictures}noise-97x61.png`).toString("base64")}`;
    const content = [{ type: "image_url", image_url: { url } }];
    const { stats } = await complete(page, [{ role: "user", content }], 2);
    assert.equal(stats.tiles, 1);
    await engine("unload");
    await engine("deleteModel", id);
    assert.deepEqual(await engine("models"), []);
  } finally {
    await Promise.all([close(), model.close(), mmproj.close()]);
  }
});

test("a model and its vision file are opened together from disk, whatever their names", async () => {
  const { context, close } = await launch();
  const page = await context.newPage();
  await page.goto(`${site.url}/#models`);
  const files = [
    ["b-text.gguf", text],
    ["a-vision.gguf", vision],
  ].map(([name, buffer]) => ({ name, mimeType: "", buffer }));
  await page.locator("scout-chat input[type=file]").setInputFiles(files);
  assert.equal(await waitForStatus(page, ["ready", "error"]), "ready");
  await attach(page, "noise.png", file(`${pictures}noise-97x61.png`));
  await page.goto("about:blank");
  await page.goto(`${site.url}/#models`);
  await waitForStatus(page, "idle");
  const again = await page.evaluate(() => document.querySelector("scout-chat").engine.load("local:b-text.gguf"));
  assert.equal(again.vision, true);
  await close();
});
