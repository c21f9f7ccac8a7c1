// Conversations that are kept: what reloads, crashes and other tabs leave of them, and the list.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { killBrowser, launch, part, waitForStatus } from "./browser.mjs";
import { useFakeEngine } from "./fake-engine.mjs";
import { pageTest, send, texts } from "./page.mjs";
import { serveSite } from "./server.mjs";

const path = "/";
const slow = { path, answer: "one two three four five six", holdChatAt: 3 };

/** Sends a message and waits for its whole answer. */
async function ask(page, text) {
  const count = (await texts(page, "assistant")).length;
  await send(page, text);
  await page.waitForFunction(
    (n) => document.querySelector("scout-chat").shadowRoot.querySelectorAll('[part="message assistant"]').length > n,
    count,
  );
  await waitForStatus(page, "ready");
}

/** Presses a button of the last message of a role. */
const press = (page, role, name) =>
  page.locator(`scout-chat [part="message ${role}"]`).last().getByRole("button", { name, exact: true }).click();

/** Returns a locator of an answer with a text. */
const answer = (page, text) => page.locator('scout-chat [part="message assistant"] .text').getByText(text);

const showList = (page) => page.getByRole("button", { name: "Show conversations" }).click();

/** Waits until the list has these titles. */
const waitForTitles = (page, ...expected) =>
  page.waitForFunction(
    (expected) => {
      const list = document.querySelector("scout-chat").shadowRoot.querySelector("scout-history")?.shadowRoot;
      return JSON.stringify([...(list?.querySelectorAll(".title") ?? [])].map((x) => x.textContent)) === expected;
    },
    JSON.stringify(expected),
    { timeout: 10_000 },
  );

/** Returns the texts of the stored messages. */
const storedTexts = (page) =>
  page.evaluate(async () => {
    const result = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const database = await result(indexedDB.open("outrider-conversations"));
    const messages = await result(database.transaction("messages").objectStore("messages").getAll());
    database.close();
    return messages.map(({ text }) => text);
  });

pageTest("a reload in the middle of an answer keeps what has arrived, and it can be continued", slow, async (page) => {
  await send(page, "go");
  await answer(page, "one two three four").waitFor();
  await page.reload();
  await waitForStatus(page, "ready");
  assert.deepEqual(await texts(page, "user"), ["go"]);
  assert.deepEqual(await texts(page, "assistant"), ["one two three four "]);
  await page.getByText("Interrupted").waitFor();
  await page.evaluate(() => (globalThis.engineScript.holdChatAt = undefined));
  await press(page, "assistant", "Continue");
  await answer(page, "one two three four one two").waitFor();
  await waitForStatus(page, "ready");
  assert.equal(await page.evaluate(() => globalThis.continued), true);
  assert.equal((await texts(page, "assistant")).length, 1);
  await page.reload();
  await waitForStatus(page, "ready");
  assert.match((await texts(page, "assistant"))[0], /^one two three four one two three four five six$/);
});

test("a browser that is killed in the middle of an answer comes back to it", async () => {
  const profile = await mkdtemp(join(tmpdir(), "outrider-history-"));
  const site = await serveSite();
  try {
    const page = await openIn(profile, site);
    await send(page, "go");
    await page.waitForTimeout(1500); // an answer that grows is stored once a second
    assert.deepEqual((await storedTexts(page)).sort(), ["go", "one two three four "]);
    await killBrowser(profile);
    const again = await openIn(profile, site);
    await answer(again, "one two three four").waitFor();
    assert.deepEqual(await texts(again, "user"), ["go"]);
    assert.equal(await again.getByRole("button", { name: "Continue" }).count(), 1);
    await again.context().close();
  } finally {
    await site.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** Opens the page in a browser with a profile, and waits for its model. */
async function openIn(profile, site) {
  const { context } = await launch({ args: [], profile });
  const page = await context.newPage();
  await useFakeEngine(page, slow);
  await page.goto(site.url);
  await waitForStatus(page, "ready");
  return page;
}

pageTest("an answer again, and an edited question, are branches", { path }, async (page) => {
  await ask(page, "hello");
  await press(page, "assistant", "Answer again");
  await page.getByText("2/2").waitFor();
  await waitForStatus(page, "ready");
  assert.equal((await texts(page, "assistant")).length, 1);
  await press(page, "user", "Edit");
  await part(page, "editor").fill("good morning");
  await page.locator("scout-chat .edit").getByRole("button", { name: "Send" }).click();
  await answer(page, "You said: good morning").waitFor();
  await waitForStatus(page, "ready");
  assert.deepEqual(await texts(page, "user"), ["good morning"]);
  await press(page, "user", "Previous version");
  assert.deepEqual(await texts(page, "assistant"), ["You said: hello"]);
  assert.equal(await page.getByText("1/2").count(), 1);
  assert.equal(await page.getByText("2/2").count(), 1);
  await page.reload();
  await waitForStatus(page, "ready");
  assert.deepEqual(await texts(page, "user"), ["hello"]);
});

pageTest("a message is copied", { path }, async (page) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await ask(page, "hello");
  await press(page, "assistant", "Copy");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "You said: hello");
});

pageTest("a message is deleted with those after it, when the person agrees", { path }, async (page) => {
  await ask(page, "first");
  await ask(page, "second");
  const remove = (button) => page.getByRole("dialog").getByRole("button", { name: button }).click();
  await press(page, "user", "Delete");
  await page.getByText("The message after it is deleted too.").waitFor();
  await remove("Keep");
  assert.deepEqual(await texts(page, "user"), ["first", "second"]);
  await press(page, "user", "Delete");
  await remove("Delete");
  assert.deepEqual(await texts(page, "user"), ["first"]);
  await page.reload();
  await waitForStatus(page, "ready");
  assert.deepEqual(await texts(page, "user"), ["first"]);
});

pageTest("New, another model and a damaged file leave the conversation as it is", { path }, async (page) => {
  await ask(page, "keep this");
  await page.getByRole("button", { name: "Models" }).click();
  await waitForStatus(page, "idle");
  await page.getByRole("button", { name: "SmolLM2" }).first().click();
  await waitForStatus(page, "ready");
  assert.deepEqual(await texts(page, "user"), ["keep this"]);
  await page.evaluate(() => {
    globalThis.engineScript.loadError = { code: "not_gguf", message: "this is not a GGUF file", retryable: false };
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["GGUF"], "damaged.gguf"));
    const chat = document.querySelector("scout-chat");
    for (const type of ["dragover", "drop"])
      chat.dispatchEvent(new DragEvent(type, { dataTransfer, cancelable: true }));
  });
  await waitForStatus(page, "error");
  await page.evaluate(() => (globalThis.engineScript.loadError = undefined));
  await page.getByRole("button", { name: "SmolLM2" }).first().click();
  await waitForStatus(page, "ready");
  assert.deepEqual(await texts(page, "user"), ["keep this"]);
  await page.getByRole("button", { name: "New", exact: true }).click();
  assert.deepEqual(await texts(page, "user"), []);
  await showList(page);
  await page.getByRole("button", { name: "keep this", exact: true }).click();
  await answer(page, "You said: keep this").waitFor();
});

pageTest("a stored conversation can be read without a model", { path }, async (page) => {
  await ask(page, "read me");
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("button", { name: "Models" }).click();
  await waitForStatus(page, "idle");
  await showList(page);
  await page.getByRole("button", { name: "read me", exact: true }).click();
  await answer(page, "You said: read me").waitFor();
  await page.getByRole("button", { name: "Models" }).click();
  await page.getByRole("heading", { name: "Choose a model" }).waitFor();
});

pageTest("the list finds, renames, pins and deletes conversations", { path }, async (page) => {
  await ask(page, "Where is Oslo?");
  await page.getByRole("button", { name: "New", exact: true }).click();
  await ask(page, "Where is Paris?");
  await showList(page);
  await waitForTitles(page, "Where is Paris?", "Where is Oslo?");
  const search = page.getByRole("searchbox", { name: "Search" });
  await search.fill("said oslo");
  await waitForTitles(page, "Where is Oslo?");
  await search.fill("");
  await waitForTitles(page, "Where is Paris?", "Where is Oslo?");

  const item = (title) => page.getByRole("button", { name: `Actions for ${title}` });
  await item("Where is Oslo?").click();
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("Norway");
  await page.keyboard.press("Enter");
  await waitForTitles(page, "Where is Paris?", "Norway");
  assert.equal(await focused(page), "Norway");
  await item("Norway").click();
  await page.getByRole("button", { name: "Pin" }).click();
  await waitForTitles(page, "Norway", "Where is Paris?");
  assert.deepEqual(await page.locator("scout-history h2").allTextContents(), ["Pinned", "Today"]);
  await page.getByRole("button", { name: "Delete", exact: true }).last().click();
  const dialog = page.getByRole("dialog", { name: "Delete “Norway”?" });
  await dialog.getByRole("button", { name: "Keep" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).last().click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await waitForTitles(page, "Where is Paris?");
  assert.equal(await focused(page), "Where is Paris?");
});

/** Returns the text of the focused element of the list. */
const focused = (page) =>
  page.evaluate(() => {
    const list = document.querySelector("scout-chat").shadowRoot.querySelector("scout-history");
    return list.shadowRoot.activeElement?.textContent;
  });

pageTest("conversations leave as files and come back", { path }, async (page) => {
  await ask(page, "take me along");
  await showList(page);
  const download = async (name) => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
  };
  await page.getByRole("button", { name: "Actions for take me along" }).click();
  const markdown = await download("Save as Markdown");
  assert.equal(markdown.name, "take me along.md");
  assert.match(markdown.text, /^# take me along\n\n## You\n\ntake me along\n\n## .+\n\nYou said: take me along\n$/);
  const one = await download("Save as JSON");
  assert.equal(one.name, "take me along.json");
  const all = await download("Export all");
  assert.deepEqual(JSON.parse(all.text).conversations, JSON.parse(one.text).conversations);
  await page.getByRole("button", { name: "Delete", exact: true }).last().click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await waitForTitles(page);
  const choose = (name, text) =>
    page
      .locator("scout-history input[type=file]")
      .setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  await choose("bad.json", all.text.slice(0, 100));
  await page.getByText("bad.json is not a JSON file. Choose a file that was exported here.").waitFor();
  await choose("all.json", all.text);
  await page.getByText("1 conversation was imported.").waitFor();
  await page.getByRole("button", { name: "take me along", exact: true }).click();
  await answer(page, "You said: take me along").waitFor();
});

pageTest("a draft stays with its conversation, also over a reload", { path }, async (page) => {
  await ask(page, "hello");
  await part(page, "input").fill("half a");
  await page.waitForTimeout(1000); // a draft is stored 300 ms after the last key
  await page.reload();
  await waitForStatus(page, "ready");
  await page.waitForFunction(() => document.querySelector("scout-chat").shadowRoot.querySelector("textarea").value);
  assert.equal(await part(page, "input").inputValue(), "half a");
  await page.getByRole("button", { name: "New", exact: true }).click();
  assert.equal(await part(page, "input").inputValue(), "");
  await part(page, "input").fill("another");
  await showList(page);
  await page.getByRole("button", { name: "hello", exact: true }).click();
  await answer(page, "You said: hello").waitFor();
  assert.equal(await part(page, "input").inputValue(), "half a");
  await page.getByRole("button", { name: "Draft: another", exact: true }).click();
  await answer(page, "You said: hello").waitFor({ state: "detached" });
  assert.equal(await part(page, "input").inputValue(), "another");
});

pageTest("two tabs in one conversation keep each other's messages", { path }, async (page, { open }) => {
  await ask(page, "hello");
  const other = await open();
  await showList(other);
  await other.getByRole("button", { name: "hello", exact: true }).click();
  await answer(other, "You said: hello").waitFor();
  await ask(other, "from the other tab");
  await answer(page, "You said: from the other tab").waitFor();
  assert.deepEqual(await texts(page, "user"), ["hello", "from the other tab"]);
  await Promise.all([ask(page, "one"), ask(other, "two")]);
  await other.reload();
  await waitForStatus(other, "ready");
  await other.getByText("2/2").or(other.getByText("1/2")).first().waitFor();
});

pageTest("a conversation that another tab deletes is left", { path }, async (page, { open }) => {
  await ask(page, "hello");
  const other = await open();
  await showList(other);
  await other.getByRole("button", { name: "Actions for hello" }).click();
  await other.getByRole("button", { name: "Delete", exact: true }).last().click();
  await other.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await answer(page, "You said: hello").waitFor({ state: "detached" });
});

pageTest("what the browser deletes is told", { path }, async (page, { url }) => {
  await ask(page, "hello");
  await page.waitForFunction(() => localStorage.getItem("outrider.conversations") === "1");
  await page.goto("about:blank");
  const session = await page.context().newCDPSession(page);
  await session.send("Storage.clearDataForOrigin", { origin: url, storageTypes: "indexeddb" });
  await page.goto(url);
  await page.getByText("The browser has deleted what this site stored: a conversation is gone.").waitFor();
});

for (const [what, deny] of [
  [
    "denied",
    "Object.defineProperty(globalThis, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError') } })",
  ],
  ["failing", "IDBFactory.prototype.open = () => { throw new DOMException('no', 'UnknownError') }"],
])
  pageTest(
    `with IndexedDB ${what} the page answers, and says once that nothing is kept`,
    { path, init: deny },
    async (page) => {
      await ask(page, "hello");
      assert.deepEqual(await texts(page, "assistant"), ["You said: hello"]);
      await part(page, "lost").getByRole("button", { name: "Close" }).click();
      await ask(page, "again");
      assert.equal(await part(page, "lost").count(), 0);
    },
  );

pageTest("an element without the attribute keeps nothing", { path }, async (page) => {
  await page.evaluate(() => {
    const alone = document.createElement("scout-chat");
    document.querySelector("scout-chat").replaceWith(alone);
  });
  await waitForStatus(page, "ready");
  await ask(page, "hello");
  assert.equal(await page.getByRole("button", { name: "Show conversations" }).count(), 0);
  await page.reload();
  await waitForStatus(page, "ready");
  assert.deepEqual(await texts(page, "user"), []);
});

pageTest(
  "on a narrow page the list covers the conversation until it is left",
  { path, size: { width: 360, height: 640 } },
  async (page) => {
    await ask(page, "hello");
    await showList(page);
    await page.getByRole("navigation", { name: "Conversations" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("navigation", { name: "Conversations" }).waitFor({ state: "detached" });
    const list = () => page.evaluate(() => document.querySelector("scout-chat").shadowRoot.activeElement?.part.value);
    assert.equal(await list(), "list");
    await showList(page);
    await page.getByRole("button", { name: "hello", exact: true }).click();
    await page.getByRole("navigation", { name: "Conversations" }).waitFor({ state: "detached" });
  },
);
