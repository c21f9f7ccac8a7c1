// Measures what paging costs a token without misses, in Chromium. A model with 16 experts in each layer answers
// alternately without paging and with a slot for each expert, and the decode times are compared.
//
//   node bench/paging.mjs [ROUNDS [FILE.gguf]]    10 rounds and a small file of random weights by default
//
// Needs the built site (`make site`, `go build -o dist/bin/build ./cmd/build`).

import { readFileSync } from "node:fs";
import { launch } from "../e2e/browser.mjs";
import { modelServer, tinyModel } from "../e2e/models.mjs";
import { serveSite } from "../e2e/server.mjs";

const [rounds = 10, path] = process.argv.slice(2);
const bytes = path
  ? readFileSync(path)
  : tinyModel("-family", "llama4", "-hidden", "512", "-experts", "16", "-layers", "12");
const [site, model, browser] = await Promise.all([serveSite(), modelServer(bytes), launch()]);

/** Returns milliseconds a token of the second answer to a question. Every expert that it uses is in a slot by then. */
const measure = (page, paging) =>
  page.evaluate(
    async ({ url, paging }) => {
      const { engine } = document.querySelector("scout-chat");
      await engine.load(url, { paging });
      const request = {
        messages: [{ role: "user", content: "Tell me a story about a fox." }],
        max_tokens: 64,
        temperature: 0,
      };
      for (let i = 0; i < 2; i++) await engine.chat.completions.create(request);
      const { tokens, decodeSeconds, paging: counts } = await engine.stats();
      if (counts && counts.decode.misses > 0) throw new Error(`${counts.decode.misses} misses`);
      return (1000 * decodeSeconds) / (tokens.length - 1);
    },
    { url: model.url, paging },
  );

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
try {
  const page = await browser.context.newPage();
  await page.goto(`${site.url}/#models`);
  const times = { unpaged: [], paged: [], again: [] };
  for (let round = 0; round < rounds; round++) {
    times.unpaged.push(await measure(page));
    times.paged.push(await measure(page, { slots: 16 }));
    times.again.push(await measure(page)); // shows how much two equal measurements differ
  }
  for (const [name, ms] of Object.entries(times)) {
    const ratios = ms.map((t, i) => t / times.unpaged[i]);
    console.log(
      `${name.padEnd(8)} ${median(ms).toFixed(2)} ms a token, best ${Math.min(...ms).toFixed(2)}; ` +
        `to unpaged ${median(ratios).toFixed(3)}`,
    );
  }
} finally {
  await Promise.all([browser, site, model].map((x) => x.close()));
}
