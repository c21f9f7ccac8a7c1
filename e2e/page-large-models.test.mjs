// Large models on the page: the question before a download, the paging status and waiting for the network, with an
// engine that follows a script.

import assert from "node:assert/strict";
import { part, waitForStatus } from "./browser.mjs";
import { loadModel, offered, pageTest, send, texts } from "./page.mjs";

const large = {
  sentence: "This machine: 412 of 768 experts on the GPU, about 3 tok/s once warm",
  downloadBytes: 55e9,
  verdict: "runs_slowly",
  reasons: [{ message: "a token reads 700 MB of experts from storage" }],
};

async function loadURL(page) {
  await page.locator("scout-chat input[name=url]").fill("https://127.0.0.1/large.gguf");
  await page.getByRole("button", { name: "Load" }).click();
}

pageTest("before a large download the page shows what to expect, and asks", { preflight: large }, async (page) => {
  await loadURL(page);
  await part(page, "verdict").getByText("It runs on this machine, but slowly.").waitFor();
  await part(page, "details").getByText("Details").click();
  await page.getByText("This machine: 412 of 768 experts on the GPU, about 3 tok/s once warm.").waitFor();
  await page.getByText("Why it is slow: a token reads 700 MB of experts from storage.").waitFor();
  await waitForStatus(page, "loading");
  assert.equal(await part(page, "progress").count(), 0);
  await page.getByRole("button", { name: "Download" }).click();
  await waitForStatus(page, "ready");
});

pageTest("declining a large download leads back to the chooser", { preflight: large }, async (page) => {
  await loadURL(page);
  await page.getByRole("button", { name: "Choose another model" }).click();
  await waitForStatus(page, "idle");
  assert.equal(await page.locator("scout-chat").getAttribute("model"), null);
  assert.equal(await page.locator("scout-chat [part=choice]").count(), offered);
});

pageTest(
  "a model that does not fit is reported, and can be tried",
  { preflight: { ...large, verdict: "does_not_fit", sentence: "This model does not fit on this machine: why" } },
  async (page) => {
    await loadURL(page);
    await part(page, "verdict").getByText("It does not fit on this machine.").waitFor();
    await part(page, "details").getByText("Details").click();
    await page.getByText("This model does not fit on this machine: why.").waitFor();
    assert.equal(await page.getByText("a token reads").count(), 0);
    await page.getByRole("button", { name: "Try anyway" }).click();
    await waitForStatus(page, "ready");
  },
);

pageTest("preflight=off loads without the question, and so do small models", { preflight: large }, async (page) => {
  await loadModel(page);
  await page.getByRole("button", { name: "Models" }).click();
  await page.evaluate(() => document.querySelector("scout-chat").setAttribute("preflight", "off"));
  await loadURL(page);
  await waitForStatus(page, "ready");
});

const paging = {
  expertsOnGPU: 412,
  experts: 768,
  bytesMissing: 20e9,
  bytesTotal: 55e9,
  step: 10e9,
  decode: { hits: 93, misses: 7, hitRate: 0.93 },
};

pageTest(
  "a paged model shows the progress of its download, and the hit rate of an answer",
  { paging },
  async (page) => {
    await loadModel(page);
    await part(page, "paging")
      .getByText("412 of 768 experts on the GPU · 45.0 GB of 55.0 GB downloaded so far")
      .waitFor();
    await part(page, "paging")
      .getByText(/^412 of 768 experts on the GPU$/)
      .waitFor();
    await send(page, "hello");
    await page.getByText("41 tokens/s · 93 % of experts found on the GPU").waitFor();
    await page.getByRole("button", { name: "Models" }).click();
    await waitForStatus(page, "idle");
    assert.equal(await part(page, "paging").count(), 0);
  },
);

const waits = (waiting) => ({ phase: "network", waiting, message: "" });

pageTest(
  "an answer that waits for the network says so until it is stopped",
  { answer: "a b c", progressAt: { 0: [waits(true)] }, holdChatAt: 0 },
  async (page) => {
    await loadModel(page);
    await send(page, "go");
    await page.getByText("Waiting for the network: part of the model is still missing").waitFor();
    assert.deepEqual(await texts(page, "assistant"), ["a "]);
    await part(page, "stop").click();
    await waitForStatus(page, "ready");
    assert.equal(await part(page, "activity").count(), 0);
  },
);

pageTest(
  "an answer whose network is back says so no more",
  { answer: "a b c", progressAt: { 0: [waits(true), waits(false)] }, progressEvery: 1500, holdChatAt: 0 },
  async (page) => {
    await loadModel(page);
    await send(page, "go");
    await part(page, "activity").waitFor();
    await part(page, "activity").waitFor({ state: "detached" });
    assert.deepEqual(await texts(page, "assistant"), ["a "]);
  },
);
