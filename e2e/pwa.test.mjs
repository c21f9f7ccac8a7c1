// The installed page: its manifest, shared pictures, and new versions while it is open, with an engine that follows a
// script.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { answers, collectProblems, launch, waitForStatus } from "./browser.mjs";
import { useFakeEngine } from "./fake-engine.mjs";
import { send } from "./page.mjs";
import { serveSite } from "./server.mjs";
import { cachedFiles, copySite, deployNext, waitForCaches } from "./site.mjs";

/** Defines a test with a copy of the site under a path, and a function that opens pages of it in one browser. */
const siteTest = (name, script, body) =>
  test(name, async () => {
    const dir = await copySite();
    const site = await serveSite({ base: "/outrider/", dir });
    const { context, close } = await launch({ args: [] });
    const problems = [];
    const open = async (path = "/") => {
      const page = await context.newPage();
      await useFakeEngine(page, script);
      problems.push(collectProblems(page));
      await page.goto(site.url + path);
      return page;
    };
    try {
      await body({ open, site, dir });
      assert.deepEqual(problems.flat(), []);
    } finally {
      await close();
      await site.close();
      await rm(dir, { recursive: true });
    }
  });

/** Waits until the service worker serves the page. */
const served = (page) => page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
/** Returns the address of the page's script, which has another name in every version. */
const version = (page) => page.locator("script[type=module]").getAttribute("src");
const offer = (page) => page.getByText("A new version is ready.");

siteTest("the page can be installed", {}, async ({ open, site }) => {
  const page = await open();
  await served(page);
  const devtools = await page.context().newCDPSession(page);
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  const { errors, data, url } = await devtools.send("Page.getAppManifest");
  const { appId } = await devtools.send("Page.getAppId");
  assert.deepEqual(installabilityErrors, []);
  assert.deepEqual(errors, []);
  assert.equal(appId, new URL("/outrider", site.url).href);
  const { icons, shortcuts } = JSON.parse(data);
  for (const { src } of [...icons, ...shortcuts.flatMap(({ icons }) => icons)]) {
    const icon = await fetch(new URL(src, url));
    assert.match(icon.headers.get("Content-Type"), /^image\/(png|svg\+xml)$/, src);
  }
});

siteTest("pictures that another program shares are attached", { vision: true }, async ({ open, site }) => {
  const page = await open();
  await served(page);
  await page.goto("about:blank"); // stands for the system, which posts from outside the page
  await page.setContent(
    `<form action="${site.url}/share" method="post" enctype="multipart/form-data">
      <input type="file" name="pictures" /><button>Share</button>
    </form>`,
  );
  await page.locator("input").setInputFiles({ name: "été.png", mimeType: "image/png", buffer: Buffer.from("pixels") });
  await page.getByText("Share").click();
  const thumbnails = page.locator('scout-chat .composer .thumbnail[aria-busy="false"]');
  await thumbnails.waitFor();
  assert.equal(new URL(page.url()).search, "");
  await page.waitForTimeout(1000); // the message being written is stored, with its picture
  await page.reload();
  await waitForStatus(page, "ready");
  await thumbnails.waitFor();
  assert.equal(await thumbnails.count(), 1, "the picture was attached again");
});

siteTest("a new version asks, and a page of the old one keeps all its parts", { tokenMs: 60 }, async (world) => {
  const { open, dir } = world;
  const a = await open();
  await served(a);
  await waitForStatus(a, "ready");
  const [old, parts] = [await version(a), await storedAssets(a)];
  await send(a, "one two three four five six seven eight nine ten");
  await deployNext(dir);

  const b = await open();
  assert.equal(await version(b), old, "before the person agrees");
  await offer(b).waitFor();
  await b.getByRole("button", { name: "Reload" }).click();
  await b.waitForFunction((old) => document.querySelector("script[type=module]")?.getAttribute("src") !== old, old);
  await waitForStatus(b, "ready");

  await waitForStatus(a, "ready");
  assert.match(await answers(a).last().textContent(), /one .* ten/);
  assert.equal(await version(a), old);
  assert.deepEqual(await missing(a, parts), []);
  await send(a, "again");
  await answers(a).getByText("You said: again").waitFor();
  await offer(a).waitFor();
  await a.getByRole("button", { name: "Reload" }).click();
  await a.waitForFunction((old) => document.querySelector("script[type=module]")?.getAttribute("src") !== old, old);
  await waitForStatus(a, "ready");

  await a.reload(); // a page that opens from the store has versions deleted that no page needs
  await waitForCaches(a, (urls) => !parts.some((url) => urls.includes(url)));
});

/** Returns the assets that the service worker has stored. */
const storedAssets = async (page) => (await cachedFiles(page)).filter((url) => url.includes("/assets/"));

/** Returns those of the addresses that neither the service worker nor the server has. */
const missing = (page, urls) =>
  page.evaluate(async (urls) => {
    const found = await Promise.all(urls.map(async (url) => (await fetch(url, { cache: "no-store" })).ok));
    return urls.filter((_, i) => !found[i]);
  }, urls);
