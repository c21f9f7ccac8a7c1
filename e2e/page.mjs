// What the tests of the page share: a page whose engine follows a script, and what a person does on it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { collectProblems, launch, part, waitForStatus } from "./browser.mjs";
import { useFakeEngine } from "./fake-engine.mjs";
import { serveSite } from "./server.mjs";

let site, browser;
before(async () => {
  site = await serveSite();
  browser = await launch({ args: [] });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** The number of models in the element's catalogue. */
export const offered = 5;

/**
 * Defines a test with a page at path, by default the chooser, whose engine follows the script of fake-engine.mjs. init
 * runs before the page's scripts, and size is the size of the window. body gets the page, the address of the site and a
 * function that opens the same page in another tab. No conversations are stored before, and the page must have no
 * problems in the end.
 */
export const pageTest = (name, { path = "/#models", init = "", size, ...script }, body) =>
  test(name, async () => {
    const pages = [];
    const open = async () => {
      const page = await browser.context.newPage();
      pages.push(page);
      await forgetConversations(page);
      if (size) await page.setViewportSize(size);
      await page.addInitScript({ content: init });
      await useFakeEngine(page, script);
      page.problems = collectProblems(page);
      await page.goto(site.url + path);
      return page;
    };
    try {
      await body(await open(), { url: site.url, open });
    } finally {
      for (const page of pages) await page.close();
    }
    for (const { problems } of pages) assert.deepEqual(problems, []);
  });

/** Deletes the stored conversations, unless another page has the site open. */
async function forgetConversations(page) {
  if (browser.context.pages().some((other) => other.url().startsWith(site.url))) return;
  const session = await page.context().newCDPSession(page);
  const storageTypes = "indexeddb,local_storage";
  await session.send("Storage.clearDataForOrigin", { origin: site.url, storageTypes });
}

/** Chooses a model of the list by the start of its name. */
export const choose = (page, name) => page.getByRole("button", { name }).first().click();

/** Loads a model and waits until it is open. */
export async function loadModel(page) {
  await choose(page, "SmolLM2");
  await waitForStatus(page, "ready");
}

/** Sends a message with the Enter key. */
export async function send(page, text) {
  await part(page, "input").fill(text);
  await part(page, "input").press("Enter");
}

/** Returns the texts of the messages of a role. */
export const texts = (page, role) => page.locator(`scout-chat [part="message ${role}"] .text`).allTextContents();

/** Records the element's events of these types in window.seen, as pairs of type and detail. */
export const recordEvents = (page, ...types) =>
  page.evaluate((types) => {
    window.seen = [];
    for (const type of types) document.addEventListener(type, (e) => window.seen.push([type, { ...e.detail }]));
  }, types);
