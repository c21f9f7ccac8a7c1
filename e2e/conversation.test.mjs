// A published model from its URL to an answer equal to the reference's; then the same without any server, from the
// browser's storage.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, collectProblems, launch, waitForStatus } from "./browser.mjs";
import { file, readGolden } from "./golden.mjs";
import { modelServer } from "./models.mjs";
import { serveSite } from "./server.mjs";

const minutes = (n) => n * 60_000;
const megabytes = (n) => `${(n / 1e6).toFixed(1)} MB`;

const question = "What is the capital of France?";
const golden = readGolden("testdata/golden/smollm2/france.golden");
const [, answer] = /^'(.*)<\|im_end\|>'$/.exec(golden.notes.continuation);

/** Asks the question and returns the answer with the engine's statistics. */
async function askQuestion(page) {
  await page.evaluate(() => (document.querySelector("scout-chat").temperature = 0)); // as the reference
  const text = await ask(page, question, minutes(4));
  return { text, stats: await page.evaluate(() => document.querySelector("scout-chat").engine.stats()) };
}

function assertReferenceAnswer({ text, stats }) {
  assert.match(text, /Paris/);
  assert.equal(text, answer);
  assert.deepEqual(stats.tokens, golden.ints.continuation);
  assert.ok(stats.memoryBytes < 256e6, `Go took ${stats.memoryBytes} bytes`);
  assert.ok(stats.peakBytesInFlight < 256e6, `${stats.peakBytesInFlight} weight bytes in flight`);
  assert.equal(stats.bytesInFlight, 0);
}

/** Prints the figures of an answer. */
function report(when, seconds, { stats }) {
  console.log(
    `e2e: ${when}: ready in ${seconds.toFixed(1)} s, ` +
      `prefill ${stats.prefillSeconds.toFixed(1)} s for ${stats.promptTokens} tokens, ` +
      `${stats.tokensPerSecond.toFixed(2)} tokens/s, ` +
      `Go heap ${megabytes(stats.heapBytes)} of ${megabytes(stats.memoryBytes)} taken, ` +
      `at most ${megabytes(stats.peakBytesInFlight)} in flight`,
  );
}

test("a published model answers as the reference does, also without any server", async () => {
  const site = await serveSite();
  const models = await modelServer(file("models/cache/SmolLM2-135M-Instruct.Q4_1.gguf"));
  const { context, close } = await launch();
  try {
    const page = await context.newPage();
    const problems = collectProblems(page);
    await page.goto(`${site.url}/#models`);
    await page.getByLabel("Address of a GGUF file").fill(models.url);
    let start = Date.now();
    await page.getByRole("button", { name: "Load" }).click();
    await waitForStatus(page, "loading");
    await waitForStatus(page, ["ready", "error"], minutes(2));
    let ready = (Date.now() - start) / 1000;
    const first = await askQuestion(page);
    report("first visit", ready, first);
    assertReferenceAnswer(first);

    await page.evaluate(() => navigator.serviceWorker.ready);
    await site.close();
    await models.close();
    start = Date.now();
    await page.goto(site.url); // without #models, so the last model is opened
    await waitForStatus(page, ["ready", "error"], minutes(2));
    ready = (Date.now() - start) / 1000;
    const second = await askQuestion(page);
    report("offline", ready, second);
    assertReferenceAnswer(second);
    assert.deepEqual(
      problems.filter((c) => !/ERR_CONNECTION_REFUSED/.test(c)),
      [],
    );
  } finally {
    await close();
    await site.close();
    await models.close();
  }
});
