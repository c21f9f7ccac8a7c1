// Two tabs of the real page that load one model at once: it is downloaded once, both show how far it is, both answer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, waitForStatus } from "./browser.mjs";
import { modelServer, tinyModel } from "./models.mjs";
import { serveSite } from "./server.mjs";

const minute = 60_000;
const bytes = tinyModel("-hidden", "1024", "-layers", "12"); // two chunks

let site, browser, server;
before(async () => {
  [site, server, browser] = await Promise.all([serveSite(), modelServer(bytes), launch()]);
});
after(() => Promise.all([browser, server, site].map((x) => x?.close())));

/** Serves ranges at a few megabytes a second, and counts what is sent. */
function pace() {
  let sent = 0;
  const serve = async ({ headers }, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [0, 0, bytes.length - 1];
    const part = bytes.subarray(Number(first), Number(last) + 1);
    const range = { "Content-Range": `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}` };
    response.writeHead(206, { ...server.headers, ...range, "Content-Length": part.length, ETag: '"1"' });
    for (let at = 0; at < part.length && !response.destroyed; at += 1 << 19) {
      response.write(part.subarray(at, at + (1 << 19)));
      sent += Math.min(1 << 19, part.length - at);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    response.end();
  };
  server.next = {
    shift: () => (request, response, asUsual) =>
      request.method === "GET" && request.url.endsWith(".gguf") ? serve(request, response) : asUsual(),
  };
  return () => sent;
}

/** Begins to note the progress of a page's loads and how long its tasks take. */
const watch = (page) =>
  page.evaluate(() => {
    window.seen = { progress: new Set(), longest: 0 };
    document.addEventListener("load-progress", ({ detail }) => {
      if (detail.phase === "download") window.seen.progress.add(detail.bytesDone);
    });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.seen.longest = Math.max(window.seen.longest, duration);
    }).observe({ type: "longtask" });
  });

test("two tabs that load a model at once download it once, show progress, and answer", async () => {
  const sent = pace();
  const pages = await Promise.all([1, 2].map(() => browser.context.newPage()));
  for (const page of pages) {
    await page.goto(`${site.url}/#models`);
    await waitForStatus(page, "idle");
    await watch(page);
  }
  await Promise.all(pages.map((page) => page.getByLabel("Address of a GGUF file").fill(server.url)));
  await Promise.all(pages.map((page) => page.getByRole("button", { name: "Load", exact: true }).click()));
  for (const page of pages) assert.equal(await waitForStatus(page, ["ready", "error"], 3 * minute), "ready");
  const seen = await Promise.all(
    pages.map((page) => page.evaluate(() => ({ progress: window.seen.progress.size, longest: window.seen.longest }))),
  );
  for (const { progress } of seen) assert.ok(progress > 3, `progress was shown ${progress} times`);
  assert.ok(sent() <= 1.05 * bytes.length + 1e6, `${sent()} bytes were sent of a file of ${bytes.length}`);
  for (const page of pages) {
    const content = await page.evaluate(async () => {
      const request = { messages: [{ role: "user", content: "Hello" }], max_tokens: 3, temperature: 0 };
      const { completions } = document.querySelector("scout-chat").engine.chat;
      return (await completions.create(request)).choices[0].message.content;
    });
    assert.equal(typeof content, "string");
  }
  const longest = seen.map((s) => `${Math.round(s.longest)} ms`).join(" and ");
  console.log(
    `e2e: two tabs moved ${sent()} bytes for ${bytes.length}; longest tasks of the pages over 50 ms: ${longest}`,
  );
});
