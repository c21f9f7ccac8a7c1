// The way from the first visit to a large model: what Nano offers, and what the preflight report says in words.

import assert from "node:assert/strict";
import { part, waitForStatus } from "./browser.mjs";
import { pageTest, texts } from "./page.mjs";

/** Opens the page as a first visit does, with Nano. */
async function firstVisit(page) {
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await waitForStatus(page, "ready");
}

const isMain = (locator) => locator.evaluate((button) => button.classList.contains("main"));
const model = (page) => page.locator("scout-chat").getAttribute("model");

pageTest("Nano says what it is, and a click sends a question that it answers", { path: "/" }, async (page) => {
  await firstVisit(page);
  await part(page, "welcome").getByText("You are talking to Outrider Nano").waitFor();
  assert.equal(await part(page, "suggestion").count(), 4);
  await part(page, "input").fill("half a tho");
  await part(page, "suggestion").first().click();
  await page.getByRole("article").getByText("You said: Write me a little story about a robot.").waitFor();
  assert.deepEqual(await texts(page, "user"), ["Write me a little story about a robot."]);
  assert.equal(await part(page, "welcome").count(), 0);
  assert.equal(await part(page, "input").inputValue(), "half a tho");
});

const scout = {
  sentence: "This machine: 48 of 768 experts on the GPU, about 0.02 tok/s once warm",
  verdict: "runs_slowly",
  reasons: [{ limit: "speed", needed: 1, available: 0.0196, message: "a token reads 2.2 GB of experts from storage" }],
  tokensPerSecond: 0.0196,
  downloadBytes: 44.3e9,
  downloadSeconds: 7200,
  startBytes: 7.88e9,
  storageBytes: 44.3e9,
  machine: { storageBytes: 120e9 },
};

pageTest(
  "a machine on which Scout is slow is told so in words, and the way back to Nano stands out",
  { path: "/", preflight: scout },
  async (page) => {
    await firstVisit(page);
    await part(page, "get").getByText("Get Llama 4 Scout").click();
    await part(page, "verdict").getByText("but slowly. Its answers come at about one word a minute.").waitFor();
    assert.deepEqual(await part(page, "facts").locator("li").allTextContents(), [
      "44.3 GB to download, about 2 h",
      "You can chat after the first 7.88 GB; the rest follows meanwhile",
      "44.3 GB on the disk in all, 120 GB free",
      "You can stop the download and continue it another time.",
    ]);
    assert.equal(await isMain(page.getByRole("button", { name: "Download anyway" })), false);
    const back = page.getByRole("button", { name: "Back to Outrider Nano" });
    assert.equal(await isMain(back), true);
    await back.click();
    await waitForStatus(page, "ready");
    assert.equal(await model(page), "nano");
    await part(page, "suggestion").first().click();
    await page.getByRole("article").getByText("You said: Write me a little story").waitFor();
    assert.deepEqual(await page.evaluate(() => window.loads), 1);
  },
);

pageTest(
  "a conversation outlives a look at Scout",
  { path: "/", preflight: { ...scout, verdict: "runs", tokensPerSecond: 4, reasons: [] } },
  async (page) => {
    await firstVisit(page);
    await part(page, "get").click();
    await part(page, "verdict")
      .getByText("It runs on this machine. Its answers come at about 3 words a second.")
      .waitFor();
    const download = page.getByRole("button", { name: "Download", exact: true });
    assert.equal(await isMain(download), true);
    await download.click();
    await waitForStatus(page, "ready");
    assert.equal(await model(page), "llama-4-scout");
    assert.equal(await page.evaluate(() => window.loads), 2);
    assert.equal(await part(page, "suggestion").count(), 0);
    assert.equal(await part(page, "get").count(), 0);
  },
);

const tooLarge = {
  ...scout,
  verdict: "does_not_fit",
  reasons: [{ limit: "storage", needed: 44.3e9, available: 9e9, message: "44 GB are still to be stored" }],
};

pageTest(
  "what is missing is said with what to do, in the page's language",
  { path: "/", preflight: tooLarge },
  async (page) => {
    await firstVisit(page);
    await part(page, "get").click();
    await part(page, "verdict").getByText("the browser has 9.00 GB free. Free space on the disk").waitFor();
    await page.evaluate(() => (document.querySelector("scout-chat").lang = "fr"));
    await part(page, "verdict").getByText("le navigateur a 9,00 Go libres. Libérez de l’espace").waitFor();
    assert.equal(await isMain(part(page, "decline")), true);
  },
);

pageTest(
  "a progress that counts less than the whole says what it counts",
  { path: "/", preflight: { ...scout, verdict: "runs" }, holdLoadAt: 3 },
  async (page) => {
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator("[data-model=llama-4-scout]").click();
    await part(page, "agree").click();
    await part(page, "start").getByText("This is what the first word needs; 44.3 GB in all follow").waitFor();
  },
);

const fits = { ...scout, verdict: "runs", tokensPerSecond: 4, reasons: [] };
const url =
  "https://huggingface.co/unsloth/Llama-4-Scout-17B-16E-Instruct-GGUF/resolve/main/" +
  "Llama-4-Scout-17B-16E-Instruct-UD-Q2_K_XL.gguf";

/** Replaces the browser's notifications; a person allows them. */
const useNotifications = (page) =>
  page.addInitScript(() => {
    window.Notification = class {
      static permission = "default";
      static requestPermission = async () => {
        window.asked = true;
        return "granted";
      };
      constructor(title, { body }) {
        window.told = `${title}: ${body}`;
      }
    };
  });

const inBackground = { path: "/", preflight: fits, loadMs: 300 };

pageTest("a model is downloaded while Nano answers, and is announced when it is ready", inBackground, async (page) => {
  await useNotifications(page);
  await firstVisit(page);
  await part(page, "get").click();
  await page.getByRole("button", { name: "Download and go on with Outrider Nano" }).click();
  await waitForStatus(page, "ready");
  await part(page, "background")
    .getByText(/Llama 4 Scout: .* of 98\.4 MB · 12\.3 MB\/s · \d s left/)
    .waitFor();
  assert.equal(await page.evaluate(() => window.asked), undefined);
  await page.getByRole("button", { name: "Tell me when it is ready" }).click();
  await page.getByText("You will be told when it is ready.").waitFor();
  await part(page, "suggestion").first().click();
  await page.getByRole("article").getByText("You said: Write me a little story").waitFor();
  await part(page, "background").getByText("Llama 4 Scout is ready.").waitFor();
  assert.equal(await page.evaluate(() => window.told), "Outrider: Llama 4 Scout is ready.");
  await page.getByRole("button", { name: "Start it" }).click();
  await page.getByRole("button", { name: "Download", exact: true }).click(); // the fake store stays empty
  await waitForStatus(page, "ready");
  assert.equal(await model(page), "llama-4-scout");
  assert.deepEqual(await texts(page, "user"), ["Write me a little story about a robot."]);
  assert.equal(await part(page, "background").count(), 0);
});

pageTest(
  "the download in the background can be paused and cancelled",
  { ...inBackground, holdLoadAt: 3 },
  async (page) => {
    await page.evaluate(() => localStorage.clear());
    await waitForStatus(page, "loading"); // the page has chosen Nano, and will not do so after the next line
    await page.evaluate(() => (document.querySelector("scout-chat").model = null));
    await page.evaluate(() => (window.engineScript.holdLoadAt = undefined));
    await page.locator("[data-model=smollm2-135m]").click();
    await waitForStatus(page, "ready");
    await page.evaluate(() => (window.engineScript.holdLoadAt = 3));
    await page.evaluate(() => (document.querySelector("scout-chat").model = "llama-4-scout"));
    await part(page, "meanwhile").click();
    const line = part(page, "background");
    await line.getByRole("button", { name: "Pause" }).click();
    assert.equal(await page.evaluate(() => window.paused), true);
    await line.getByRole("button", { name: "Resume" }).click();
    await line.getByRole("button", { name: "Cancel" }).click();
    await line.waitFor({ state: "detached" });
  },
);

const failing = { ...inBackground, downloadError: { code: "network", message: "no", retryable: true } };

pageTest("a download that fails in the background says why and leaves the conversation", failing, async (page) => {
  await firstVisit(page);
  await part(page, "get").click();
  await part(page, "meanwhile").click();
  await part(page, "error").getByText("no").waitFor();
  assert.equal(await part(page, "background").count(), 0);
  await part(page, "suggestion").first().click();
  await page.getByRole("article").getByText("You said: Write me a little story").waitFor();
});

const half = { id: url, name: url.split("/").pop(), bytesStored: 47.6e9, bytesTotal: 100e9, complete: false };
const barely = { ...half, id: "https://127.0.0.1/x.gguf", name: "x.gguf", bytesStored: 1e6 };

pageTest("an unfinished download is offered at the next visit", { path: "/", stored: [half, barely] }, async (page) => {
  await firstVisit(page);
  await part(page, "unfinished").getByText("Llama 4 Scout, 47 %: continue?").waitFor();
  await part(page, "unfinished").getByText("Its download is not complete: 52.4 GB are missing.").waitFor();
  assert.equal(await part(page, "unfinished").count(), 1);
  assert.equal(await part(page, "get").count(), 0);
  await part(page, "unfinished").click();
  await waitForStatus(page, "ready");
  assert.equal(await model(page), "llama-4-scout");
});
