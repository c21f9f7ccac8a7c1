// How the page's answers are drawn, and how they end.

import assert from "node:assert/strict";
import { waitForStatus } from "./browser.mjs";
import { loadModel, pageTest, send } from "./page.mjs";

/** Loads a model at an address, asks a question and returns the part of the request that is not the messages. */
async function requestOf(page, set = {}) {
  await page.evaluate((set) => Object.assign(document.querySelector("scout-chat"), set), set);
  await page.locator("scout-chat input[name=url]").fill("https://127.0.0.1/own.gguf");
  await page.getByRole("button", { name: "Load" }).click();
  await waitForStatus(page, "ready");
  await send(page, "hello");
  await page.waitForFunction(() => window.requested);
  const { messages: _, stream: __, ...rest } = await page.evaluate(() => window.requested);
  return rest;
}

const common = { max_tokens: 2048, stop_repetition: true };
const exact = { ...common, stop_repetition: false };

pageTest("answers are drawn as suits the family when nothing says how", {}, async (page) => {
  assert.deepEqual(await requestOf(page), { temperature: 0.6, top_p: 0.9, ...common });
});

pageTest("answers are drawn as the file recommends", { sampling: { temperature: 0.3, topP: 0.8 } }, async (page) => {
  assert.deepEqual(await requestOf(page), { temperature: 0.3, top_p: 0.8, ...common });
});

pageTest("a temperature that is set is exact", { sampling: { temperature: 0.3, topP: 0.8 } }, async (page) => {
  const set = { temperature: 0, maxTokens: 99 };
  assert.deepEqual(await requestOf(page, set), { ...exact, temperature: 0, top_p: 1, max_tokens: 99 });
});

for (const [finish, note] of [
  ["repetition", "Stopped: the same text came again and again"],
  ["length", "Cut short: the answer or the context has reached its limit"],
]) {
  pageTest(`an answer that ends by ${finish} says so`, { finish }, async (page) => {
    await loadModel(page);
    await send(page, "hello");
    await page.getByText(note).waitFor();
  });
}
