// Asking a model whose experts are paged, and saying what that took. The test of the first layers and the command for
// whole models (bench/scout.mjs) share it.

import { launch } from "./browser.mjs";
import { file } from "./golden.mjs";
import { serveSite, serveVirtual } from "./server.mjs";

/** What the CPU reference answers with a virtual model: `pack reference` wrote it. */
export const readAnswer = (model) => JSON.parse(file(`testdata/golden/virtual/${model}.json`));

/** Opens the page and the server of a golden answer's model. */
export async function stage(golden) {
  const opened = await Promise.all([serveSite(), serveVirtual(golden), launch()]);
  const [site, models, browser] = opened;
  const page = await browser.context.newPage();
  await page.goto(site.url);
  const close = () => Promise.all(opened.map((x) => x.close()));
  return { page, url: models.url, profile: browser.profile, close };
}

/**
 * Loads the model at url, its experts kept as paging says, asks a message and gives EngineStats after the answer, with the
 * seconds it took.
 */
export const loadAndAsk = (page, url, paging, message, max_tokens) =>
  page.evaluate(
    async ({ url, paging, message, max_tokens }) => {
      const { engine } = document.querySelector("scout-chat");
      const onProgress = (progress) => (window.progress = progress); // for those who look in meanwhile
      const begun = performance.now();
      await engine.load(url, { paging, onProgress });
      const loadSeconds = (performance.now() - begun) / 1000;
      await engine.chat.completions.create({ messages: [{ role: "user", content: message }], max_tokens, temperature: 0 }, { onProgress });
      const seconds = (performance.now() - begun) / 1000;
      return { loadSeconds, seconds, ...(await engine.stats()) };
    },
    { url, paging, message, max_tokens },
  );

/** What a loadAndAsk took, a line each. */
export function figures({ loadSeconds, seconds, ...stats }) {
  const { prefill, decode, slotBytes } = stats.paging;
  const steps = stats.tokens.length - 1; // the last token of an answer is not computed with
  const line = ({ hits, misses, reads, bytesRead }) => `${misses} misses of ${hits + misses} uses, ${gigabytes(bytesRead)} in ${reads} reads`;
  return {
    "wall time": `${seconds.toFixed(1)} s: open ${loadSeconds.toFixed(1)}, prefill ${stats.prefillSeconds.toFixed(1)} of ${stats.promptTokens} tokens, ` +
      `decode ${stats.decodeSeconds.toFixed(1)} of ${steps}`,
    "Go memory": `${megabytes(stats.memoryBytes)} at most, heap ${megabytes(stats.heapBytes)}`,
    "JS bytes in flight": `${megabytes(stats.peakBytesInFlight)} at most`,
    "GPU buffers": `${gigabytes(stats.gpuBytes)}, slots ${gigabytes(slotBytes)}`,
    "prefill": line(prefill),
    "decode": line(decode),
    "a token decoded": `${(decode.reads / steps).toFixed(1)} reads, ${gigabytes(decode.bytesRead / steps)}, hit rate ${(100 * decode.hitRate).toFixed(1)} %`,
  };
}

const megabytes = (n) => `${(n / 1e6).toFixed(1)} MB`;
const gigabytes = (n) => `${(n / 1e9).toFixed(2)} GB`;
