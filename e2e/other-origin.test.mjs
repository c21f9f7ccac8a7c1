// A page of another origin with the strictest policy that docs/deploy.md names: the element on it answers.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { test } from "node:test";
import { ask, launch, waitForStatus } from "./browser.mjs";
import { serveSite } from "./server.mjs";

const minutes = (n) => n * 60_000;
const docs = await readFile(new URL("../docs/deploy.md", import.meta.url), "utf8");
const [, documented] = /<!-- policy -->\n+```\n([^`]+)```/.exec(docs);

/** Serves a page with the element, and with the policy of the documentation for the site at url. */
async function hostPage(url) {
  const policy = documented.replaceAll("https://chat.example", new URL(url).origin).replaceAll("\n", " ");
  const server = createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "text/html", "Content-Security-Policy": policy });
    response.end(`<!doctype html><script type="module" src="${url}/scout-chat.js"></script><scout-chat></scout-chat>`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

test("the element answers on a page of another origin with a strict policy", async () => {
  const site = await serveSite({ base: "/outrider/" });
  const host = await hostPage(site.url);
  const { context, close } = await launch();
  try {
    const page = await context.newPage();
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (e) =>
        window.violations.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`),
      );
    });
    await page.goto(host.url);
    const status = await waitForStatus(page, ["ready", "error"], minutes(2));
    assert.equal(status, "ready", await page.locator("scout-chat main").innerText());
    assert.match(await ask(page, "Hello!", minutes(2)), /hello/i);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
  } finally {
    await close();
    host.close();
    await site.close();
  }
});
