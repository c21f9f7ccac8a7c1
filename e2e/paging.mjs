// Loads a virtual model with paged experts, asks it a question and formats what that took. Shared by paging.test.mjs,
// for the first layers of Scout, and bench/scout.mjs, for whole models.

import { launch } from "./browser.mjs";
import { file } from "./golden.mjs";
import { serveSite, serveVirtual } from "./server.mjs";

/** Reads what the CPU reference answers with a virtual model, as `pack reference` wrote it. */
export const readVirtualGolden = (model) => JSON.parse(file(`testdata/golden/virtual/${model}.json`));

/** Serves the model of a golden file and opens the page. */
export async function openVirtualModel(golden) {
  const opened = await Promise.all([serveSite(), serveVirtual(golden), launch()]);
  const [site, models, browser] = opened;
  const page = await browser.context.newPage();
  await page.goto(`${site.url}/#models`); // so that the page loads no model of its own
  const close = () => Promise.all(opened.map((x) => x.close()));
  return { page, url: models.url, profile: browser.profile, close };
}

/**
 * Loads the model at url with the given paging, sends a message and returns the EngineStats of the answer, together
 * with the seconds of the load and of both.
 */
export const loadAndAsk = (page, url, paging, message, max_tokens) =>
  page.evaluate(
    async ({ url, paging, message, max_tokens }) => {
      const { engine } = document.querySelector("scout-chat");
      const onProgress = (progress) => (window.progress = progress); // bench/scout.mjs prints it
      const start = performance.now();
      const { id: model } = await engine.load(url, { paging, onProgress });
      const loadSeconds = (performance.now() - start) / 1000;
      await engine.chat.completions.create(
        { model, messages: [{ role: "user", content: message }], max_tokens, temperature: 0 },
        { onProgress },
      );
      const seconds = (performance.now() - start) / 1000;
      return { loadSeconds, seconds, ...(await engine.stats()) };
    },
    { url, paging, message, max_tokens },
  );

/** Formats the result of loadAndAsk, one line each. */
export function figures({ loadSeconds, seconds, ...stats }) {
  const { prefill, decode, slotBytes } = stats.paging;
  const steps = stats.tokens.length - 1; // the last token of an answer is sampled and not decoded
  const line = ({ hits, misses, reads, bytesRead }) =>
    `${misses} misses of ${hits + misses} uses, ${gigabytes(bytesRead)} in ${reads} reads`;
  return {
    "wall time":
      `${seconds.toFixed(1)} s: open ${loadSeconds.toFixed(1)}, ` +
      `prefill ${stats.prefillSeconds.toFixed(1)} of ${stats.promptTokens} tokens, ` +
      `decode ${stats.decodeSeconds.toFixed(1)} of ${steps}`,
    "Go memory": `${megabytes(stats.memoryBytes)} at most, heap ${megabytes(stats.heapBytes)}`,
    "JS bytes in flight": `${megabytes(stats.peakBytesInFlight)} at most`,
    "GPU buffers": `${gigabytes(stats.gpuBytes)}, slots ${gigabytes(slotBytes)}`,
    prefill: line(prefill),
    decode: line(decode),
    "per decoded token":
      `${(decode.reads / steps).toFixed(1)} reads, ${gigabytes(decode.bytesRead / steps)}, ` +
      `hit rate ${(100 * decode.hitRate).toFixed(1)} %`,
  };
}

const megabytes = (n) => `${(n / 1e6).toFixed(1)} MB`;
const gigabytes = (n) => `${(n / 1e9).toFixed(2)} GB`;
