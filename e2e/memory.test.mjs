// Too little GPU memory for a whole model: its experts get fewer slots, and its answers stay the same.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, waitForStatus } from "./browser.mjs";
import { modelServer, tinyModel } from "./models.mjs";
import { loadAndAsk } from "./paging.mjs";
import { serveSite } from "./server.mjs";
import { limitGPU } from "./small-gpu.mjs";

const message = "Tell me a story";
const tokens = 8;

let site, model, unlimited;
before(async () => {
  const bytes = tinyModel("-family", "llama4", "-type", "F32", "-hidden", "256", "-experts", "16", "-layers", "2");
  [site, model] = await Promise.all([serveSite(), modelServer(bytes)]);
  await withGPU({}, async (page) => (unlimited = await loadAndAsk(page, model.url, undefined, message, tokens)));
  assert.equal(unlimited.paging, null);
});
after(() => Promise.all([site, model].map((x) => x?.close())));

/** Calls body with a page whose GPU has the given limits. */
async function withGPU(limits, body) {
  const { context, close } = await launch({ serviceWorkers: "block" });
  try {
    await limitGPU(context, limits);
    const page = await context.newPage();
    await page.goto(`${site.url}/#models`);
    await waitForStatus(page, "idle");
    await body(page);
  } finally {
    await close();
  }
}

/** Asserts that some experts have no slot and that the answer is the same. */
function assertPaged(stats) {
  const { expertsOnGPU, experts } = stats.paging;
  assert.ok(expertsOnGPU >= 2 && expertsOnGPU < experts, `${expertsOnGPU} of ${experts}`);
  assert.deepEqual(stats.tokens, unlimited.tokens);
}

for (const breaks of [false, true]) {
  const outcome = breaks ? "is lost by an allocation" : "refuses an allocation";
  test(`when a GPU ${outcome}, this load and later ones allocate less`, async () => {
    await withGPU({ limit: 0.6 * unlimited.gpuBytes, breaks }, async (page) => {
      for (const visit of ["first", "second"]) {
        const stats = await loadAndAsk(page, model.url, undefined, message, tokens);
        assertPaged(stats);
        console.log(
          `e2e: ${breaks ? "loss" : "refusal"}, ${visit} visit: ` +
            `${stats.paging.expertsOnGPU} of ${stats.paging.experts} experts fit`,
        );
        await page.reload();
        await waitForStatus(page, "idle");
      }
    });
  });
}

test("a GPU that is lost twice during an answer gets less, and the answer stays the same", async () => {
  const answer = async ({ url, message, losses }) => {
    const { engine } = document.querySelector("scout-chat");
    await engine.load(url);
    const request = { messages: [{ role: "user", content: message }], max_tokens: 40, temperature: 0, stream: true };
    let [text, pieces] = ["", 0];
    for await (const { choices } of await engine.chat.completions.create(request)) {
      text += choices[0]?.delta.content ?? "";
      if (++pieces % 4 === 0 && losses-- > 0) new BroadcastChannel("lose the device").postMessage(null);
    }
    return text;
  };
  await withGPU({}, async (page) => {
    const want = await page.evaluate(answer, { url: model.url, message, losses: 0 });
    assert.equal(await page.evaluate(answer, { url: model.url, message, losses: 2 }), want);
    assertPaged(await loadAndAsk(page, model.url, undefined, message, tokens));
  });
});
