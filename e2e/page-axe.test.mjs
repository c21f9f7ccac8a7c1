// Accessibility: axe finds no violation in any state of the page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { part, waitForStatus } from "./browser.mjs";
import { choose, loadModel, pageTest, send } from "./page.mjs";

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Returns the violations of a page: each with its rule and the elements. */
async function violations(page) {
  await page.evaluate(axe);
  await page.waitForTimeout(300); // colours change gradually
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

const answer = "A list:\n\n- one\n- two\n\n```js\nlet x = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nAnd **more**.";
const scripts = {
  chat: { answer },
  loading: { holdLoadAt: 6 },
  waiting: { holdLoadAt: 2, waiting: "example.org cannot be reached", waitMs: 95_000 },
  answering: { answer, holdChatAt: 4 },
  failed: { loadError: { code: "no_cors", message: "the server does not allow it", retryable: true } },
  pictures: { vision: true },
  stored: {
    stored: [{ id: "local:a.gguf", name: "a.gguf", bytesStored: 1e6, bytesTotal: 2e6, complete: false }],
    files: [
      {
        id: "local:a.gguf",
        name: "a.gguf",
        bytesStored: 1e6,
        bytesTotal: 2e6,
        complete: false,
        onDisk: false,
        used: 1,
      },
    ],
  },
  large: {
    preflight: { downloadBytes: 43e9, verdict: "runs", reasons: [{ code: "network", message: "the network is slow" }] },
  },
};

const loading = async (page) => {
  await choose(page, "SmolLM2");
  await part(page, "progress").getByText("MB of").waitFor();
};
const chat = async (page) => {
  await loadModel(page);
  await send(page, "Hello");
  await waitForStatus(page, "ready");
};
const dialog = async (page) => {
  await page.getByRole("button", { name: "Delete the stored a" }).click();
  await page.getByRole("dialog").waitFor();
};

/** The states: what the engine does, and how a person gets there. */
const states = {
  models: {},
  loading: { script: scripts.loading, act: loading },
  "waiting for the network": { script: scripts.waiting, act: loading },
  "an open model": { act: loadModel },
  answering: {
    script: scripts.answering,
    act: async (page) => {
      await loadModel(page);
      await send(page, "Hello");
      await page.getByText("A list").first().waitFor();
    },
  },
  "a conversation": { script: scripts.chat, act: chat },
  "a failed load": {
    script: scripts.failed,
    act: async (page) => {
      await choose(page, "SmolLM2");
      await part(page, "error").waitFor();
    },
  },
  "an attached picture": {
    script: scripts.pictures,
    act: async (page) => {
      await loadModel(page);
      const buffer = readFileSync("testdata/golden/image/noise-97x61.png");
      await page.locator("scout-chat input.picker").setInputFiles({ name: "noise.png", mimeType: "image/png", buffer });
      await part(page, "thumbnail").waitFor();
    },
  },
  "stored models": {
    script: scripts.stored,
    act: async (page) => page.locator("scout-chat summary").first().click(),
  },
  "the list of conversations": {
    script: scripts.chat,
    act: async (page) => {
      await chat(page);
      await part(page, "list").click();
    },
  },
  "the question before a deletion": { script: scripts.stored, act: dialog },
  "the question before a download": {
    script: scripts.large,
    act: async (page) => {
      await choose(page, "Llama 4 Scout");
      await part(page, "preflight").waitFor();
    },
  },
};

const settings = {
  "": async () => {},
  dark: (page) => page.emulateMedia({ colorScheme: "dark" }),
  "320 px": (page) => page.setViewportSize({ width: 320, height: 480 }),
};

for (const [state, { script = {}, act = async () => {} }] of Object.entries(states)) {
  pageTest(`axe finds nothing in the state: ${state}`, script, async (page) => {
    await act(page);
    for (const [setting, apply] of Object.entries(settings)) {
      await apply(page);
      assert.deepEqual(await violations(page), [], `${state} ${setting}`);
    }
  });
}

pageTest("axe finds nothing in French", scripts.chat, async (page) => {
  await page.evaluate(() => (document.querySelector("scout-chat").lang = "fr"));
  await page.getByRole("heading", { name: "Choisissez" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await chat(page);
  assert.deepEqual(await violations(page), []);
});
