// Stored models as a person sees them: their sizes, deleting, checking, exporting, files on the disk, and other tabs.

import assert from "node:assert/strict";
import { part, waitForStatus } from "./browser.mjs";
import { storedFile } from "./fake-engine.mjs";
import { choose, pageTest } from "./page.mjs";

/** Returns the address of a Llama 4 Scout file in the catalogue. */
const onHub = (owner, file) =>
  `https://huggingface.co/${owner}/Llama-4-Scout-17B-16E-Instruct-GGUF/resolve/main/${file}.gguf`;
const scout = onHub("unsloth", "Llama-4-Scout-17B-16E-Instruct-UD-Q2_K_XL");
const vision = onHub("ggml-org", "mmproj-Llama-4-Scout-17B-16E-Instruct-f16");

const files = [storedFile(scout, 42.6e9, 3), storedFile(vision, 1.75e9, 3), storedFile("local:old.gguf", 2e9, 40)];
const stored = files.map(({ id, name, bytesStored, bytesTotal, complete }) => ({
  id,
  name,
  bytesStored,
  bytesTotal,
  complete,
}));

const openList = (page) => page.getByText("Stored models:").click();
const row = (page, name) => page.locator("scout-chat .stored-model", { hasText: name });
const deleted = (page) => page.evaluate(() => window.deleted ?? []);

pageTest("stored models have sizes, with the vision file, and a time of last use", { files, stored }, async (page) => {
  await page.getByText("Stored models: 46.4 GB · 12.0 GB free").click();
  await row(page, "Llama 4 Scout").getByText("44.4 GB with its vision file · used 3 days ago").waitFor();
  await row(page, "old").getByText("2.00 GB · used 40 days ago").waitFor();
  assert.equal(await page.locator("scout-chat .stored-model").count(), 2);
});

pageTest("a model is deleted after a question, and kept by default", { files, stored }, async (page) => {
  await openList(page);
  await row(page, "Llama 4 Scout").getByRole("button", { name: "Delete" }).click();
  await part(page, "question").getByText("This frees 44.4 GB.").waitFor();
  await page.keyboard.press("Enter");
  await part(page, "question").waitFor({ state: "detached" });
  await row(page, "Llama 4 Scout").getByRole("button", { name: "Delete" }).click();
  await page.keyboard.press("Escape");
  await part(page, "question").waitFor({ state: "detached" });
  assert.deepEqual(await deleted(page), []);
  await row(page, "Llama 4 Scout").getByRole("button", { name: "Delete" }).click();
  await part(page, "question").getByRole("button", { name: "Delete" }).click();
  await row(page, "Llama 4 Scout").waitFor({ state: "detached" });
  assert.deepEqual(await deleted(page), [scout, vision]);
});

pageTest("freeing space suggests the model that was used least recently", { files, stored }, async (page) => {
  await openList(page);
  await page.getByRole("button", { name: "Free space…" }).click();
  await part(page, "question").getByText("Delete old?").waitFor();
});

for (const [changedParts, text] of [
  [0, "Checked: every byte is as it was stored."],
  [1, "2 parts have changed. The next load downloads them again."],
]) {
  pageTest(
    `a check that finds ${changedParts} changed parts of each file says so`,
    { files, stored, changedParts },
    async (page) => {
      await openList(page);
      await row(page, "Llama 4 Scout").getByRole("button", { name: "Check" }).click();
      await row(page, "Llama 4 Scout")
        .getByText(/Checking… \d\d %/)
        .waitFor();
      await row(page, "Llama 4 Scout").getByText(text).waitFor();
    },
  );
}

pageTest("the speed of downloads can be limited, also in later visits", { files, stored }, async (page) => {
  const limits = (text) => page.waitForFunction((text) => JSON.stringify(window.limits) === text, text);
  await openList(page);
  await page.getByLabel("Download speed").selectOption("at most 5 MB/s");
  await limits("[5000000]");
  await page.reload();
  await limits("[5000000]");
  await openList(page);
  assert.equal(await page.getByLabel("Download speed").inputValue(), "5000000");
  await page.getByLabel("Download speed").selectOption("no limit");
  await limits("[5000000,0]");
  await page.reload();
  await openList(page);
  assert.equal(await page.getByLabel("Download speed").inputValue(), "0");
});

/** Replaces the pickers of files and folders. */
const usePickers = (page) =>
  page.evaluate(() => {
    const handle = (name) => ({ name, kind: "file" });
    window.showSaveFilePicker = async ({ suggestedName }) => handle(suggestedName);
    window.showOpenFilePicker = async () => [handle("mmproj-own.gguf"), handle("own.gguf")];
    window.showDirectoryPicker = async () => ({ getFileHandle: async (name) => handle(name) });
  });

pageTest("a model is exported to a file, or with its vision file to a folder", { files, stored }, async (page) => {
  await usePickers(page);
  await openList(page);
  for (const name of ["old", "Llama 4 Scout"]) {
    await row(page, name).getByRole("button", { name: "Export" }).click();
    await row(page, name).getByText("Exported.").waitFor();
  }
  assert.deepEqual(await page.evaluate(() => window.exported), ["local:old.gguf", scout, vision]);
});

pageTest("an export shows how far it is and can be stopped", { files, stored, exportSteps: 100 }, async (page) => {
  await usePickers(page);
  await openList(page);
  await row(page, "old").getByRole("button", { name: "Export" }).click();
  await row(page, "old")
    .getByText(/Exporting… \d+ %/)
    .waitFor();
  await row(page, "old").getByRole("button", { name: "Stop" }).click();
  await row(page, "old").getByText("Stopped.").waitFor();
  assert.equal(await page.evaluate(() => window.exported), undefined);
});

/** Drops two files that have handles. */
const dropFiles = (page) =>
  page.evaluate(() => {
    DataTransferItem.prototype.getAsFileSystemHandle = async function () {
      return { kind: "file", name: this.getAsFile().name };
    };
    const dataTransfer = new DataTransfer();
    for (const name of ["mmproj-own.gguf", "own.gguf"]) dataTransfer.items.add(new File(["GGUF"], name));
    document.querySelector("scout-chat").dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
  });

for (const [how, open] of [
  ["picked", (page) => page.getByText("Open GGUF files").click()],
  ["dropped", dropFiles],
]) {
  pageTest(`${how} files are opened in place, the vision file beside its model`, {}, async (page) => {
    await usePickers(page);
    await open(page);
    await waitForStatus(page, "ready");
    assert.equal(await page.locator("scout-chat").getAttribute("model"), "local:own.gguf");
    assert.deepEqual(await page.evaluate(() => JSON.parse(JSON.stringify(window.loaded))), [
      { kind: "stored", id: "local:own.gguf" },
      { kind: "stored", id: "local:mmproj-own.gguf" },
    ]);
  });
}

const permission = { code: "permission_needed", message: "the browser asks before own.gguf is read", retryable: true };

pageTest(
  "a file on the disk is read again once the person allows it",
  { loadError: permission, loadErrorOnce: true },
  async (page) => {
    await choose(page, "SmolLM2");
    await waitForStatus(page, "error");
    await page.getByRole("button", { name: "Allow" }).click();
    await waitForStatus(page, "ready");
    assert.equal(await page.evaluate(() => window.asked), true);
  },
);

const changed = {
  loadErrorOnce: true,
  loadError: {
    code: "file_changed",
    message: "SmolLM2-135M-Instruct.Q4_1.gguf: the file at its source is not the one that is stored in part",
    retryable: false,
  },
};

pageTest("of a file that changed at its source, the stored bytes can be kept", changed, async (page) => {
  await choose(page, "SmolLM2");
  await page.getByRole("button", { name: "Keep what is stored" }).click();
  await waitForStatus(page, "idle");
  assert.deepEqual(await deleted(page), []);
});

pageTest("of a file that changed at its source, the stored bytes can be replaced", changed, async (page) => {
  await choose(page, "SmolLM2");
  await page.getByRole("button", { name: "Delete it and start over" }).click();
  await waitForStatus(page, "ready");
  assert.deepEqual(
    (await deleted(page)).map((id) => id.split("/").pop()),
    ["SmolLM2-135M-Instruct.Q4_1.gguf"],
  );
});

const full = { code: "storage_full", message: "the store is full; 2.1 GB more are needed", retryable: true };

pageTest("a full store offers to free space", { files, stored, loadError: full }, async (page) => {
  await choose(page, "SmolLM2");
  await page.getByText("2.1 GB more are needed").waitFor();
  await part(page, "error").getByRole("button", { name: "Free space…" }).click();
  await part(page, "question").getByText("Delete old?").waitFor();
});

const half = { ...storedFile("local:own.gguf", 10, 0), bytesStored: 5, complete: false };

pageTest("a download in another tab is shown until it ends", { files: [half], stored: [half] }, async (page) => {
  await page.getByText("50 % stored").waitFor();
  await page.evaluate(() => {
    window.tab = new BroadcastChannel("outrider-progress");
    window.tab.postMessage({ id: "local:own.gguf", chunk: 0, received: 5 });
  });
  await page.getByText("Downloading in another tab: choose it to join").waitFor();
  await page.getByText("Downloading in another tab").waitFor({ state: "detached" });
});

const odd = [
  storedFile("https://example.org/100%.gguf", 1e9, 1),
  storedFile("https://example.org/%E0%A4%A.gguf", 1e9, 1),
  storedFile("local:50 %off?#1.gguf", 1e9, 1),
  storedFile(`local:${"very-long-name-".repeat(20)}.gguf`, 1e9, 1),
  storedFile("local:", 1e9, 1, { name: "" }),
  storedFile("local:nothing.gguf", 1e9, 1, { name: undefined, bytesStored: Number.NaN, bytesTotal: -1, used: 1e300 }),
];

pageTest(
  "odd names and damaged entries neither hide the list nor break the page",
  { files: odd, stored: odd },
  async (page) => {
    await openList(page);
    assert.equal(await page.locator("scout-chat .stored-model").count(), odd.length);
    const names = await page.locator("scout-chat .stored-model .name").allTextContents();
    assert.deepEqual(names.slice(0, 3), ["100%", "%E0%A4%A", "50 %off?#1"]);
    assert.ok(names.every((name) => name.trim()));
    const width = await page.locator("scout-chat").evaluate((chat) => [chat.scrollWidth, chat.clientWidth]);
    assert.ok(width[0] <= width[1], String(width));
    await row(page, "100%").getByRole("button", { name: "Delete" }).click();
    await part(page, "question").getByRole("button", { name: "Delete" }).click();
    await row(page, "100%").waitFor({ state: "detached" });
    assert.deepEqual(await deleted(page), ["https://example.org/100%.gguf"]);
  },
);

const noHandles = { holdLoadAt: 3 };

pageTest("without file handles it is said that a file is copied", noHandles, async (page) => {
  await page.evaluate(() => delete window.showOpenFilePicker);
  await page.evaluate(() => document.querySelector("scout-chat").requestUpdate());
  await part(page, "copied").getByText("This browser copies them").waitFor();
  const file = { name: "own.gguf", mimeType: "application/octet-stream", buffer: Buffer.from("GGUF") };
  await page.locator('scout-chat input[accept=".gguf"]').setInputFiles(file);
  await part(page, "progress").getByText("Copying into the browser…").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await waitForStatus(page, "idle");
});
