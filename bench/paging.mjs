// What paging costs a token that misses nothing, in Chromium: a model of 16 experts a layer answers with each of them in a
// slot and without paging, in turns, and the times of a decoded token are compared.
// Usage: node bench/paging.mjs [rounds, 10 unless said] [file.gguf, a small one of random weights unless named]
//
// The built site is asked (`make site`, `go build -o dist/bin/build ./cmd/build`).

import { readFileSync } from "node:fs";
import { launch } from "../e2e/browser.mjs";
import { modelServer, tinyModel } from "../e2e/models.mjs";
import { serveSite } from "../e2e/server.mjs";

const [rounds = 10, named] = process.argv.slice(2);
const bytes = named ? readFileSync(named) : tinyModel("-family", "llama4", "-hidden", "512", "-experts", "16", "-layers", "12");
const [site, model, browser] = await Promise.all([serveSite(), modelServer(bytes), launch()]);

/** Milliseconds a token of the second answer to the same question: by then every expert it uses is in its slot. */
const measure = (page, paging) =>
  page.evaluate(
    async ({ url, paging }) => {
      const { engine } = document.querySelector("scout-chat");
      await engine.load(url, { paging });
      const request = { messages: [{ role: "user", content: "Tell me a story about a fox." }], max_tokens: 64, temperature: 0 };
      for (let i = 0; i < 2; i++) await engine.chat.completions.create(request);
      const { tokens, decodeSeconds, paging: counts } = await engine.stats();
      if (counts && counts.decode.misses > 0) throw new Error(`${counts.decode.misses} misses`);
      return (1000 * decodeSeconds) / (tokens.length - 1);
    },
    { url: model.url, paging },
  );

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
try {
  const page = await browser.context.newPage();
  await page.goto(`${site.url}/#models`);
  const times = { whole: [], paged: [], again: [] };
  for (let round = 0; round < rounds; round++) {
    times.whole.push(await measure(page));
    times.paged.push(await measure(page, { slots: 16 }));
    times.again.push(await measure(page)); // what two measurements of the same differ by
  }
  for (const [name, ms] of Object.entries(times)) {
    const ratios = ms.map((t, i) => t / times.whole[i]);
    console.log(`${name.padEnd(8)} ${middle(ms).toFixed(2)} ms a token, best ${Math.min(...ms).toFixed(2)}; to whole ${middle(ratios).toFixed(3)}`);
  }
} finally {
  await Promise.all([browser, site, model].map((x) => x.close()));
}
