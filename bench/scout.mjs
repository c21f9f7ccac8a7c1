// Whole Llama 4 models in Chromium with a few experts on the GPU, on any machine: the model is virtual, a real GPU is used
// where there is one. Minutes, and as much memory as the GPU's part of the model where SwiftShader stands in for a GPU.
//
//   node bench/scout.mjs --model scout --slots 2 --tokens 4
//
// The built site is asked (`make site`, `go build -o dist/bin/build ./cmd/build`). The profile, with all that the browser
// stored, is under $TMPDIR and deleted in the end.

import { parseArgs } from "node:util";
import { pageMemory } from "../e2e/browser.mjs";
import { figures, loadAndAsk, readAnswer, stage } from "../e2e/paging.mjs";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "scout" }, // scout, maverick, scout-4layers
    slots: { type: "string", default: "2" }, // of each layer
    tokens: { type: "string", default: "4" }, // of the answer; the first comes with the prompt
    policy: { type: "string" }, // who leaves; the default is the engine's
    prefetch: { type: "boolean", default: false },
  },
});

const golden = readAnswer(values.model);
const paging = { slots: Number(values.slots), onDemand: true, prefetch: values.prefetch, ...(values.policy && { policy: values.policy }) };
const { page, url, profile, close } = await stage(golden);
page.on("console", (message) => console.log(`page: ${message.text()}`));
const watching = setInterval(async () => {
  const [progress, { memoryBytes, gpuBytes }] = await page.evaluate(() => Promise.all([window.progress, document.querySelector("scout-chat").engine.stats()]));
  console.log(`  ${JSON.stringify(progress)}, Go ${memoryBytes >> 20} MiB, GPU ${Math.round(gpuBytes / 2 ** 20)} MiB`);
}, 15_000);
try {
  console.log(`${url.split("/").pop()}, ${paging.slots} slots a layer, "${golden.message}"`);
  const taken = await loadAndAsk(page, url, paging, golden.message, Number(values.tokens));
  for (const [what, figure] of Object.entries(figures(taken))) console.log(`${what.padEnd(20)}${figure}`);
  console.log(`${"page's process".padEnd(20)}${(pageMemory(profile) / 1e6).toFixed(0)} MB at most`);
  const want = golden.answer.slice(0, taken.tokens.length);
  const same = String(taken.tokens) === String(want) && taken.promptTokens === golden.prompt.length;
  console.log(`${"answer".padEnd(20)}${taken.tokens}: ${same ? "the reference's" : `the reference says ${want}`}`);
  process.exitCode = same ? 0 : 1;
} finally {
  clearInterval(watching);
  await close();
}
