// Downloads as a person sees them: pausing, waiting for the network, cancelling, and the screen that stays on.

import assert from "node:assert/strict";
import { part, waitForStatus } from "./browser.mjs";
import { choose, loadModel, pageTest } from "./page.mjs";

/** Counts the wake locks that the page holds in window.locks. */
const countLocks = (page) =>
  page.evaluate(() => {
    window.locks = 0;
    const release = async () => void window.locks--;
    const request = async () => {
      window.locks++;
      return { release };
    };
    Object.defineProperty(navigator, "wakeLock", { value: { request } });
  });
const locksAre = (page, n) => page.waitForFunction((n) => window.locks === n, n);

pageTest("a download can be paused and resumed, and keeps the screen on meanwhile", { holdLoadAt: 3 }, async (page) => {
  await countLocks(page);
  await choose(page, "SmolLM2");
  await locksAre(page, 1);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused. What has arrived is kept.").waitFor();
  assert.equal(await page.evaluate(() => window.paused), true);
  await locksAre(page, 0);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("Downloading…").waitFor();
  assert.equal(await page.evaluate(() => window.paused), false);
  await locksAre(page, 1);
  await page.getByRole("button", { name: "Cancel" }).click();
  await waitForStatus(page, "idle");
  await locksAre(page, 0);
});

const waiting = { holdLoadAt: 2, waiting: "example.org cannot be reached", waitMs: 95_000 };

pageTest("a download that waits says why and counts down to the next attempt", waiting, async (page) => {
  await choose(page, "SmolLM2");
  await page.getByText("Waiting for the network…").waitFor();
  await page.getByText("example.org cannot be reached · next attempt in 2 min").waitFor();
  await page.getByText("19.7 MB of 98.4 MB", { exact: true }).waitFor();
});

pageTest("the countdown runs until the attempt", { ...waiting, waitMs: 1500 }, async (page) => {
  await choose(page, "SmolLM2");
  await page.getByText("next attempt in 1 s").waitFor();
  await page.getByText("next attempt now").waitFor();
});

const stuck = { holdLoadAt: 3, slowToCancel: true };

pageTest("cancelling takes effect within a second even when the engine is slow", stuck, async (page) => {
  await choose(page, "SmolLM2");
  await page.getByText("29.5 MB of 98.4 MB").waitFor();
  const start = Date.now();
  await page.getByRole("button", { name: "Cancel" }).click();
  await waitForStatus(page, "idle");
  assert.ok(Date.now() - start < 1000);
});

for (const [phase, text] of [
  ["device", "Starting the GPU…"],
  ["header", "Reading the file…"],
  ["memory", "Finding out how much GPU memory there is…"],
  ["verify", "Checking the downloaded files…"],
]) {
  pageTest(
    `the phase ${phase} is named, and can be cancelled`,
    { holdPhase: phase, slowToCancel: true },
    async (page) => {
      await choose(page, "SmolLM2");
      await part(page, "progress").getByText(text).waitFor();
      if (phase === "memory") await page.getByText("2.00 GB of 8.00 GB").waitFor();
      const start = Date.now();
      await page.getByRole("button", { name: "Cancel" }).click();
      await waitForStatus(page, "idle");
      assert.ok(Date.now() - start < 1000);
    },
  );
}

pageTest("what happens before the engine has reported anything is named too", { preflightMs: 1e8 }, async (page) => {
  await choose(page, "Llama 4 Scout");
  await part(page, "progress").getByText("Finding out what this machine can do with it…").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await waitForStatus(page, "idle");
});

const paging = { experts: 768, expertsOnGPU: 48, bytesTotal: 42e9, bytesMissing: 29e9, step: 1e9 };

pageTest("the download in the background can be paused and resumed", { paging }, async (page) => {
  await loadModel(page);
  await part(page, "paging").getByRole("button", { name: "Pause" }).click();
  await part(page, "paging").getByRole("button", { name: "Resume" }).click();
  await part(page, "paging").getByRole("button", { name: "Pause" }).waitFor();
  assert.equal(await page.evaluate(() => window.paused), false);
});
