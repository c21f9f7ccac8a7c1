// Less GPU memory than a model would fill: its experts get fewer slots, and its answers stay as they are.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, status } from "./browser.mjs";
import { modelServer, tinyModel } from "./models.mjs";
import { loadAndAsk } from "./paging.mjs";
import { serveSite } from "./server.mjs";
import { haveSmallGPU } from "./small-gpu.mjs";

const message = "Tell me a story";
const tokens = 8;

let site, model, whole;
before(async () => {
  const bytes = tinyModel("-family", "llama4", "-type", "F32", "-hidden", "256", "-experts", "16", "-layers", "2");
  [site, model] = await Promise.all([serveSite(), modelServer(bytes)]);
  await withGPU({}, async (page) => (whole = await loadAndAsk(page, model.url, undefined, message, tokens)));
  assert.equal(whole.paging, null);
});
after(() => Promise.all([site, model].map((x) => x?.close())));

/** Gives body a page whose GPU has only so much memory. */
async function withGPU(limits, body) {
  const { context, close } = await launch({ serviceWorkers: "block" });
  try {
    await haveSmallGPU(context, limits);
    const page = await context.newPage();
    await page.goto(`${site.url}/#models`);
    await status(page, "idle");
    await body(page);
  } finally {
    await close();
  }
}

/** Asserts that some experts found no room and that the answer does not tell. */
function assertPaged(stats) {
  const { expertsOnGPU, experts } = stats.paging;
  assert.ok(expertsOnGPU >= 2 && expertsOnGPU < experts, `${expertsOnGPU} of ${experts}`);
  assert.deepEqual(stats.tokens, whole.tokens);
}

for (const breaks of [false, true]) {
  test(`a GPU that ${breaks ? "is lost by taking too much" : "refuses memory"} is asked for less, at once and later`, async () => {
    await withGPU({ limit: 0.6 * whole.gpuBytes, breaks }, async (page) => {
      for (const visit of ["first", "second"]) {
        const stats = await loadAndAsk(page, model.url, undefined, message, tokens);
        assertPaged(stats);
        console.log(`e2e: ${breaks ? "loss" : "refusal"}, ${visit} visit: ${stats.paging.expertsOnGPU} of ${stats.paging.experts} experts fit`);
        await page.reload();
        await status(page, "idle");
      }
    });
  });
}

test("a GPU that is lost during an answer is asked for less by the next load", async () => {
  await withGPU({}, async (page) => {
    const code = await page.evaluate(
      async ({ url, message }) => {
        const { engine } = document.querySelector("scout-chat");
        await engine.load(url);
        const answer = engine.chat.completions.create({ messages: [{ role: "user", content: message }], max_tokens: 500, temperature: 0 });
        new BroadcastChannel("lose the device").postMessage(null);
        return answer.then(() => "no error", (error) => error.code);
      },
      { url: model.url, message },
    );
    assert.equal(code, "device_lost");
    assertPaged(await loadAndAsk(page, model.url, undefined, message, tokens));
  });
});
