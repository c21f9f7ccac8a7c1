// Paged experts in the page: the first layers of Scout at full width with two of sixteen experts on the GPU; then, with
// a smaller model, what may fail while experts are missing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, pageMemory } from "./browser.mjs";
import { intercept, modelServer, tensorAt, tinyModel } from "./models.mjs";
import { figures, loadAndAsk, openVirtualModel, readVirtualGolden } from "./paging.mjs";
import { serveSite } from "./server.mjs";

test("four layers of Scout with two slots each answer with the reference's tokens", async () => {
  const golden = readVirtualGolden("scout-4layers");
  const { page, url, profile, close } = await openVirtualModel(golden);
  try {
    const stats = await loadAndAsk(page, url, { slots: 2, onDemand: true }, golden.message, golden.answer.length);
    const memory = pageMemory(profile);
    for (const [what, figure] of Object.entries({
      ...figures(stats),
      "the page's process": `${(memory / 1e6).toFixed(0)} MB at most`,
    }))
      console.log(`e2e: scout-4layers, 2 slots: ${what}: ${figure}`);
    assert.equal(stats.promptTokens, golden.prompt.length);
    assert.deepEqual(stats.tokens, golden.answer);
    assert.ok(stats.memoryBytes < 256e6, `Go took ${stats.memoryBytes} bytes`);
    assert.ok(stats.peakBytesInFlight < 256e6, `${stats.peakBytesInFlight} weight bytes in flight`);
    assert.equal(stats.bytesInFlight, 0);
    assert.ok(memory < 1e9, `the page's process took ${memory} bytes: it keeps weights`);
  } finally {
    await close();
  }
});

let site, browser;
before(async () => {
  [site, browser] = await Promise.all([serveSite(), launch()]);
});
after(() => Promise.all([site, browser].map((x) => x?.close())));

/** Calls body with a page and a server of a model. */
async function withModel(bytes, body) {
  const [page, models] = await Promise.all([browser.context.newPage(), modelServer(bytes)]);
  try {
    await page.goto(`${site.url}/#models`); // so that the page loads no model of its own
    await body(page, models);
  } finally {
    await Promise.all([page.close(), models.close()]);
  }
}

// Each matrix of a layer's experts fills a chunk of the store, so some chunks hold experts only.
const large = () => tinyModel("-family", "llama4", "-type", "F32", "-hidden", "1024", "-experts", "16", "-layers", "2");
const message = "Tell me a story";
const minutes = (n) => n * 60_000;

/**
 * Returns a function that reports whether a request is for bytes of a tensor, or has no range, as one after a failure.
 */
const isFor =
  ({ offset, bytes }) =>
  ({ headers, url }) => {
    const [, from, to] = /=(\d+)-(\d+)/.exec(headers.range) ?? [];
    if (url.endsWith(".manifest.json")) return false; // or loading would wait for it
    return !headers.range || (Number(from) < offset + bytes && Number(to) >= offset);
  };

test("an answer that misses experts without network says so, waits, and continues with the same tokens", async () => {
  const bytes = large();
  const isUnreachable = isFor(tensorAt(bytes, "blk.0.ffn_up_exps.weight"));
  await withModel(bytes, async (page, models) => {
    intercept(models, (request, response, serve) => (isUnreachable(request) ? response.socket.destroy() : serve()));
    const answer = page.evaluate(
      async ({ url, message }) => {
        const { engine } = document.querySelector("scout-chat");
        await engine.load(url, { paging: { slots: 1, onDemand: true } });
        const onProgress = (progress) => {
          if (progress.waiting) window.waiting = progress;
        };
        await engine.chat.completions.create(
          { messages: [{ role: "user", content: message }], max_tokens: 8, temperature: 0 },
          { onProgress },
        );
        return (await engine.stats()).tokens;
      },
      { url: models.url, message },
    );
    await Promise.race([page.waitForFunction(() => window.waiting, undefined, { timeout: minutes(5) }), answer]);
    intercept(models, null);
    const tokens = await answer;
    assert.match(await page.evaluate(() => window.waiting.message), /network|connection/i);
    assert.deepEqual(tokens, (await loadAndAsk(page, models.url, {}, message, 8)).tokens);
  });
});

test("a model whose files are deleted from the store answers with the same tokens", async () => {
  await withModel(large(), async (page, { url }) => {
    const all = await loadAndAsk(page, url, {}, message, 8);
    const few = await loadAndAsk(page, url, { slots: 1 }, "Hi", 2);
    assert.ok(few.paging.prefill.misses > 0);
    const tokens = await page.evaluate(
      async ({ url, message }) => {
        const { engine } = document.querySelector("scout-chat");
        await engine.deleteModel(url);
        await engine.chat.completions.create({
          messages: [{ role: "user", content: message }],
          max_tokens: 8,
          temperature: 0,
        });
        return (await engine.stats()).tokens;
      },
      { url, message },
    );
    assert.deepEqual(tokens, all.tokens);
  });
});
