// Pages with the storage worker alone, without engine and interface, for tests and measurements of the store.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closeServer } from "../web/test/range-server.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const build = (...args) => execFileSync("go", args, { cwd: root, encoding: "utf8" });

/** Serves what such pages need, and extra, a map from path to file. edit may change the scripts. */
export async function serveStorage(extra = {}, edit = (script) => script) {
  build("run", "./cmd/build", "modules");
  const files = { "/idb.js": join(root, "node_modules/idb/build/index.js"), ...extra };
  const server = http.createServer(({ url }, response) => {
    const file = files[url] ?? (url.endsWith(".js") && join(root, "dist/modules", url));
    const type = url.endsWith("js") ? "text/javascript" : url.endsWith("wasm") ? "application/wasm" : "text/html";
    const bytes = file ? readFileSync(file) : "<!doctype html>";
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "max-age=3600" });
    response.end(type === "text/javascript" ? edit(String(bytes).replace('from "idb"', 'from "/idb.js"')) : bytes);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => closeServer(server) };
}

/** Builds the tests of loader/store as a program for the browser; returns it and the scripts it needs, by path. */
export function contractProgram() {
  const wasm = join(root, "dist/store-test.wasm");
  execFileSync("go", ["test", "-c", "-o", wasm, "./loader/store"], {
    cwd: root,
    env: { ...process.env, GOOS: "js", GOARCH: "wasm" },
  });
  const glue = join(build("env", "GOROOT").trim(), "lib/wasm/wasm_exec.js");
  return {
    "/store-test.wasm": wasm,
    "/wasm_exec.js": glue,
    "/contract-worker.js": join(root, "e2e/contract-worker.mjs"),
    "/corrupt.js": join(root, "web/test/corrupt.mjs"),
  };
}

/** Opens a tab with its own storage worker. The global `store` of the tab is the worker's client. */
export async function openStore(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await page.evaluate(async () => {
    const { StorageClient } = await import("/worker/storage-client.js");
    const { port1, port2 } = new MessageChannel();
    new Worker("/worker/storage.worker.js", { type: "module" }).postMessage({ kind: "connect", port: port2 }, [port2]);
    globalThis.store = new StorageClient(port1);
    globalThis.never = new AbortController().signal;
  });
  return page;
}

/** Sets how many bytes the site may store. Without a number the browser's own quota applies again. */
export async function setQuota(page, quotaSize) {
  const cdp = await page.context().newCDPSession(page);
  const origin = new URL(page.url()).origin;
  await cdp.send("Storage.overrideQuotaForOrigin", quotaSize === undefined ? { origin } : { origin, quotaSize });
}
