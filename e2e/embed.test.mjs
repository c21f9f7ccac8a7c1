// The chat in a frame on a page of another origin, with the policy of docs/embedding.md.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, webgpu } from "./browser.mjs";
import { useFakeEngine } from "./fake-engine.mjs";
import { serveSite } from "./server.mjs";
import { copySite } from "./site.mjs";

/** Playwright turns off what browsers do: keep the storage of a frame apart for each site that shows it. */
const partitioned = "--disable-features=MediaRouter,HttpsUpgrades";
const minutes = (n) => n * 60_000;
const docs = readFileSync(new URL("../docs/embedding.md", import.meta.url), "utf8");
const [, documented] = /<!-- frame policy -->\n+```\n([^`]+)```/.exec(docs);

let dir, site, hosts, browser;
before(async () => {
  dir = await copySite();
  site = await serveSite({ dir });
  hosts = await serveHosts();
  await setEmbedders(`https://other.example ${hosts.listed}`);
  browser = await launch({ args: [...webgpu, partitioned] });
});
after(async () => {
  await browser?.close();
  hosts?.close();
  await site?.close();
  await rm(dir, { recursive: true });
});

/** Writes the list of pages into embed.html. */
async function setEmbedders(origins) {
  const file = join(dir, "embed.html");
  const page = (await readFile(file, "utf8")).replace('"outrider-embedders" content=""', () => {
    return `"outrider-embedders" content="${origins}"`;
  });
  await writeFile(file, page);
  for (const ext of [".br", ".gz"]) await rm(file + ext, { force: true });
}

/** Serves a page with the chat in a frame under two host names, which are two origins. */
async function serveHosts() {
  const policy = documented.replaceAll("https://chat.example", new URL(site.url).origin).replaceAll("\n", " ");
  const frame = `src="${new URL("/embed?model=nano&lang=en", site.url)}" allow="screen-wake-lock"`;
  const files = {
    "/": [
      "text/html",
      `<!doctype html><script type="module" src="/host.js"></script>
      <iframe ${frame} title="Chat" width="600" height="500"></iframe>`,
    ],
    "/host.js": [
      "text/javascript",
      `import { connectChat } from "${new URL("/embed.js", site.url)}";
      const connect = () => connectChat(document.querySelector("iframe"));
      Object.assign(globalThis, { connect });`,
    ],
  };
  const server = createServer((request, response) => {
    const [type, text] = files[request.url] ?? ["text/plain", ""];
    response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": policy }).end(text);
  }).listen(0);
  await once(server, "listening");
  const { port } = server.address();
  return { listed: `http://localhost:${port}`, other: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** Opens a page with the chat in a frame; body runs when the page's script has. */
async function withHost(url, script, body) {
  const page = await browser.context.newPage();
  if (script) await useFakeEngine(page, script);
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(url);
  await page.waitForFunction(() => "connect" in globalThis);
  await body(page);
  await page.close();
  assert.deepEqual(
    problems.filter((text) => !/favicon/.test(text)),
    [],
  );
}

/** Connects, and waits until the chat is ready; the page keeps it as chat, and the types of its events as seen. */
const connectWhenReady = (page) =>
  page.evaluate(async () => {
    const chat = await globalThis.connect();
    const seen = [];
    for (const type of ["status-changed", "model-loaded", "message-sent", "message-received", "error-raised"]) {
      chat.addEventListener(type, ({ detail }) => seen.push([type, detail]));
    }
    Object.assign(globalThis, { chat, seen });
    for (let status = ""; status !== "ready"; { status } = await chat.state()) {
      if (status === "error") throw new Error(JSON.stringify(seen));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

test("a page on the list shows the chat, sends a message and receives the answer, with a strict policy", async () => {
  await withHost(hosts.listed, undefined, async (page) => {
    page.setDefaultTimeout(minutes(3));
    await connectWhenReady(page);
    const answer = await page.evaluate(() => globalThis.chat.send("Hello!"));
    assert.match(answer.text, /hello/i);
    const shown = page.frameLocator("iframe").locator('scout-chat [part="message assistant"]');
    assert.match(await shown.textContent(), /hello/i);
    const seen = await page.evaluate(() => globalThis.seen.map(([type]) => type));
    assert.ok(seen.includes("message-sent") && seen.includes("message-received"), String(seen));
  });
});

test("settings and methods reach the chat, and its errors reach the page", async () => {
  await withHost(hosts.listed, { holdChatAt: 2, answer: "One two three four" }, async (page) => {
    await connectWhenReady(page);
    const chat = page.frameLocator("iframe").locator("scout-chat");
    await page.evaluate(() => globalThis.chat.configure({ system: "Be brief.", temperature: 0.5 }));
    assert.equal(await chat.getAttribute("system"), "Be brief.");
    const sent = page.evaluate(() => globalThis.chat.send("Hello"));
    await chat.locator('[part="message assistant"]', { hasText: "three" }).waitFor();
    const refused = await page.evaluate(() => globalThis.chat.send("Again").catch(({ name, code }) => [name, code]));
    assert.deepEqual(refused, ["EngineError", "invalid_request"]);
    await page.evaluate(() => globalThis.chat.stop());
    await sent;
    await page.evaluate(() => globalThis.chat.clear());
    await chat.locator('[part="message user"]').waitFor({ state: "detached" });
  });
});

test("a page that is not on the list shows the chat and cannot use it", async () => {
  await withHost(hosts.other, {}, async (page) => {
    const refused = await page.evaluate(() => globalThis.connect().catch(({ code, message }) => [code, message]));
    assert.equal(refused[0], "invalid_request");
    assert.ok(refused[1].includes(`does not work for pages of ${hosts.other}`), refused[1]);
    await page.frameLocator("iframe").locator('scout-chat[status="ready"]').waitFor();
  });
});

test("a page with another version of the protocol is refused with the chat's version", async () => {
  await withHost(hosts.listed, {}, async (page) => {
    await page.frameLocator("iframe").locator('scout-chat[status="ready"]').waitFor();
    const reply = await page.evaluate(() => {
      const received = new Promise((resolve) =>
        addEventListener("message", ({ data }) => resolve(data), { once: true }),
      );
      document.querySelector("iframe").contentWindow.postMessage({ outrider: 99, kind: "connect" }, "*");
      return received;
    });
    assert.deepEqual([reply.outrider, reply.kind], [1, "refused"]);
    assert.match(reply.reason, /version 1 of the protocol, not 99/);
  });
});
