// The snippets of README.md, run as they are written, with Nano as the model.

import assert from "node:assert/strict";
import { createReadStream, readFileSync, statSync } from "node:fs";
import http from "node:http";
import { extname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { closeServer } from "../web/test/range-server.mjs";
import { ask, collectProblems, launch, waitForStatus } from "./browser.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const minutes = (n) => n * 60_000;
const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".ico": "image/x-icon" };

/** Returns the only code block of a language in README.md. */
function snippet(language) {
  const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```(\w+)\n(.*?)^```/gms)];
  const [found, ...more] = blocks.filter(([, name]) => name === language);
  assert.ok(found && more.length === 0, `README.md needs exactly one block of ${language}`);
  return found[2];
}

/** Serves the built site with pages added to it, and Nano at /model.gguf. */
async function serve(pages) {
  const server = http.createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    if (path in pages) {
      response.writeHead(200, { "Content-Type": types[extname(path)] }).end(pages[path]);
      return;
    }
    serveFile(path === "/model.gguf" ? "models/nano/nano.gguf" : join("dist/site", path), request, response);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => closeServer(server) };
}

/** Serves a file of the repository, whole or in one range. */
function serveFile(path, request, response) {
  const file = join(root, path);
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return void response.writeHead(404).end();
  const type = types[extname(path)] ?? "application/octet-stream";
  const headers = { "Content-Type": type, "Accept-Ranges": "bytes", ETag: `"${size}"` };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from ?? 0);
  const end = Math.min(to ? Number(to) : Number.POSITIVE_INFINITY, size - 1);
  if (from) headers["Content-Range"] = `bytes ${start}-${end}/${size}`;
  response.writeHead(from ? 206 : 200, { ...headers, "Content-Length": end - start + 1 });
  if (request.method === "HEAD") return void response.end();
  createReadStream(file, { start, end }).pipe(response);
}

/** Opens a page of the served site, runs body on it, and checks that the console has no errors. */
async function withPage(pages, path, body) {
  const site = await serve({ "/favicon.ico": "", ...pages });
  const { context, close } = await launch();
  try {
    context.setDefaultTimeout(minutes(3));
    const page = await context.newPage();
    const problems = collectProblems(page);
    await page.goto(site.url + path);
    await body(page);
    assert.deepEqual(problems, []);
  } finally {
    await close();
    await site.close();
  }
}

test("the element's snippet shows a chat that answers", async () => {
  await withPage({ "/chat.html": snippet("html") }, "/chat.html", async (page) => {
    const reached = await waitForStatus(page, ["ready", "error"], minutes(3));
    assert.equal(reached, "ready", await page.locator("scout-chat").innerText());
    assert.match(await ask(page, "Hello!", minutes(3)), /hello/i);
  });
});

test("the engine's snippet writes an answer to the page", async () => {
  const html = '<!doctype html><script type="module" src="/engine.js"></script><body></body>';
  const pages = { "/engine.html": html, "/engine.js": snippet("js") };
  await withPage(pages, "/engine.html", async (page) => {
    const answered = () => /hello.*[.!?]/is.test(document.body.textContent);
    await page.waitForFunction(answered, undefined, { timeout: minutes(3) });
  });
});

test("the engine's snippet has at most ten lines of code", () => {
  assert.ok(
    snippet("js")
      .split("\n")
      .filter((line) => line.trim()).length <= 10,
  );
});
