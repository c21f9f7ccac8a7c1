// Runs whole Llama 4 models in Chromium with a few experts on the GPU. The models are virtual. Takes minutes; where
// SwiftShader replaces the GPU, the GPU's part of the model is in main memory.
//
//   node bench/scout.mjs --model scout --slots 2 --tokens 4
//
// Needs the built site (`make site`, `go build -o dist/bin/build ./cmd/build`). The browser's profile, with everything
// it stores, is under $TMPDIR and is deleted at the end.

import { parseArgs } from "node:util";
import { pageMemory } from "../e2e/browser.mjs";
import { figures, loadAndAsk, openVirtualModel, readVirtualGolden } from "../e2e/paging.mjs";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "scout" }, // scout, maverick, scout-4layers
    slots: { type: "string", default: "2" }, // of each layer
    tokens: { type: "string", default: "4" }, // of the answer; prefill computes the first
    policy: { type: "string" }, // which expert is evicted; the engine's default if absent
    prefetch: { type: "boolean", default: false },
  },
});

const golden = readVirtualGolden(values.model);
const paging = {
  slots: Number(values.slots),
  onDemand: true,
  prefetch: values.prefetch,
  ...(values.policy && { policy: values.policy }),
};
const { page, url, profile, close } = await openVirtualModel(golden);
page.on("console", (message) => console.log(`page: ${message.text()}`));
const printing = setInterval(async () => {
  const [progress, { memoryBytes, gpuBytes }] = await page.evaluate(() =>
    Promise.all([window.progress, document.querySelector("scout-chat").engine.stats()]),
  );
  console.log(`  ${JSON.stringify(progress)}, Go ${memoryBytes >> 20} MiB, GPU ${Math.round(gpuBytes / 2 ** 20)} MiB`);
}, 15_000);
try {
  console.log(`${url.split("/").pop()}, ${paging.slots} slots a layer, "${golden.message}"`);
  const result = await loadAndAsk(page, url, paging, golden.message, Number(values.tokens));
  for (const [what, figure] of Object.entries(figures(result))) console.log(`${what.padEnd(20)}${figure}`);
  console.log(`${"page's process".padEnd(20)}${(pageMemory(profile) / 1e6).toFixed(0)} MB at most`);
  const expected = golden.answer.slice(0, result.tokens.length);
  const same = String(result.tokens) === String(expected) && result.promptTokens === golden.prompt.length;
  console.log(`${"answer".padEnd(20)}${result.tokens}: ${same ? "the reference's" : `the reference has ${expected}`}`);
  process.exitCode = same ? 0 : 1;
} finally {
  clearInterval(printing);
  await close();
}
