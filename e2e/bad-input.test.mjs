// What can be wrong with a file, a server, a store and a GPU: each is named on the page, and nothing that is stored in
// part counts as whole.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endAfter, status as httpStatus } from "../web/test/range-server.mjs";
import { launch, part, status } from "./browser.mjs";
import { absurd, always, modelServer, patched, retyped, tinyModel } from "./models.mjs";
import { serveSite } from "./server.mjs";

const chunk = 16 << 20; // bytes the store keeps as one
const tiny = tinyModel();
const twoChunks = tinyModel("-hidden", "1024", "-layers", "12");

let site, browser;
before(async () => {
  site = await serveSite();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** Opens the page, types a URL, and waits until it is loaded or refused. */
async function load(page, url) {
  await page.goto(`${site.url}/#models`);
  await page.getByLabel("Address of a GGUF file").fill(url);
  await page.getByRole("button", { name: "Load" }).click();
  return status(page, ["ready", "error"], 90_000);
}

/** Gives body a page: of the shared browser, or of one with options of its own. */
async function withPage(body, options) {
  const own = options && (await launch(options));
  const page = await (own ?? browser).context.newPage();
  try {
    await body(page, own?.context);
  } finally {
    await page.close();
    await own?.close();
  }
}

/** Adds code to the engine worker, which runs after the worker's own start. Service workers would get in the way. */
const sabotaged = { serviceWorkers: "block" };
async function sabotage(page, { before = "", after = "" }) {
  await page.route("**/assets/engine-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${before};${await response.text()};${after}` });
  });
}

async function assertError(page, code, says) {
  const now = await status(page, ["ready", "error"], 1000);
  assert.equal(now, "error");
  assert.equal(await part(page, "error").getAttribute("data-code"), code);
  assert.match(await part(page, "error").locator("p").first().textContent(), says);
}

/** What the store holds: id, bytes, whether that is all. */
const stored = (page) =>
  page.evaluate(async () => {
    const models = await document.querySelector("scout-chat").engine.models();
    return models.map(({ id, bytesStored, complete }) => [id, bytesStored, complete]);
  });

const badFiles = {
  "a web page": ["not_gguf", /GGUF/, Buffer.from("<!doctype html>".padEnd(500))],
  "a header cut short": ["truncated", /ends|cut|truncated/i, tiny.subarray(0, 300)],
  "data cut short": ["truncated", /ends|cut|truncated/i, tiny.subarray(0, tiny.length - 1000)],
  "absurd counts": ["bad_header", /tensors/, absurd(tiny)],
  "another architecture": ["unsupported_architecture", /mamba/, patched(tiny, "general.architecture", "llama", "mamba")],
  "another tensor type": ["unsupported_tensor_type", /output_norm\.weight|type/, retyped(tiny, "output_norm.weight", 16)],
  "another tokenizer": ["unsupported_tokenizer", /smollX/, patched(tiny, "tokenizer.ggml.pre", "smollm", "smollX")],
  "another template": ["unsupported_template", /template/, patched(tiny, "tokenizer.chat_template", "<|im_start|>", "<|im_strat|>")],
};

for (const [name, [code, says, bytes]] of Object.entries(badFiles)) {
  test(`${name} is ${code} on the page`, async () => {
    const server = await modelServer(bytes);
    await withPage(async (page) => {
      await load(page, server.url);
      await assertError(page, code, says);
    });
    await server.close();
  });
}

/** Servers by what is wrong with them. */
const badServers = {
  "no ranges": ["no_ranges", /range/, (server) => always(server, (_, response) => response.writeHead(200, server.headers).end(tiny))],
  "no CORS": ["no_cors", /CORS|allow/, (server) => (server.headers = {})],
  "no such file": ["not_found", /address|found/i, (server) => always(server, withCORS(404))],
  "a login wanted": ["http_status", /403/, (server) => always(server, withCORS(403))],
};

const withCORS = (code) => (request, response) => {
  response.setHeader("Access-Control-Allow-Origin", "*");
  httpStatus(code)(request, response);
};

for (const [name, [code, says, spoil]] of Object.entries(badServers)) {
  test(`a server with ${name} is ${code} on the page`, async () => {
    const server = await modelServer(tiny);
    spoil(server);
    await withPage(async (page) => {
      await load(page, server.url);
      await assertError(page, code, says);
    });
    await server.close();
  });
}

test("a lost connection keeps what has come, and trying again fetches only the rest", async () => {
  const server = await modelServer(twoChunks);
  const die = (_, response) => response.socket.destroy();
  always(server, (request, response, serve) => {
    const from = Number(/=(\d+)-/.exec(request.headers.range)?.[1] ?? 0);
    if (from < chunk) return serve();
    always(server, die);
    endAfter(1 << 20)(request, response, serve);
  });
  await withPage(async (page) => {
    await load(page, server.url);
    await assertError(page, "connection_lost", /connection|network/i);
    assert.deepEqual(await stored(page), [[server.url, chunk, false]]);

    always(server, null);
    server.requests.length = 0;
    await page.getByRole("button", { name: "Try again" }).click();
    assert.equal(await status(page, ["ready", "error"], 90_000), "ready");
    const weights = server.requests.filter(({ method, range }) => method === "GET" && /-\d{4,}$/.test(range));
    assert.ok(weights.length > 0 && weights.every(({ range }) => Number(/=(\d+)/.exec(range)[1]) >= chunk), JSON.stringify(weights));
    assert.deepEqual(await stored(page), [[server.url, twoChunks.length, true]]);
  }, {});
  await server.close();
});

test("a full store reports how many bytes are missing and keeps its chunks", async () => {
  const server = await modelServer(twoChunks);
  await withPage(async (page, context) => {
    const devtools = await context.newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: site.url, quotaSize: 20e6 });
    await load(page, server.url);
    await assertError(page, "storage_full", /15\.\d MB more are needed/);
    assert.deepEqual(await stored(page), [[server.url, chunk, false]]);
  }, sabotaged); // the service worker's cache would take from the same quota
  await server.close();
});

test("a browser without WebGPU is no_webgpu on the page, before anything is asked of the server", async () => {
  const server = await modelServer(tiny);
  await withPage(async (page) => {
    await sabotage(page, { before: "delete WorkerNavigator.prototype.gpu" });
    await load(page, server.url);
    await assertError(page, "no_webgpu", /this page has no WebGPU; open it over https/);
    assert.deepEqual(server.requests, []);
  }, sabotaged);
  await server.close();
});

test("a browser without an adapter is no_adapter on the page, before anything is asked of the server", async () => {
  const server = await modelServer(tiny);
  await withPage(async (page) => {
    await load(page, server.url);
    await assertError(page, "no_adapter", /adapter/);
    assert.deepEqual(server.requests, []);
  }, { args: ["--enable-unsafe-webgpu", "--disable-gpu", "--disable-software-rasterizer"] });
  await server.close();
});

test("a GPU too small for the model is limits_too_small, by how much, before the download", async () => {
  const server = await modelServer(twoChunks);
  await withPage(async (page) => {
    const limits = "{ maxBufferSize: 1e5, maxStorageBufferBindingSize: 1e5 }";
    await sabotage(page, { before: `Object.defineProperty(GPUDevice.prototype, "limits", { get: () => (${limits}) })` });
    await load(page, server.url);
    await assertError(page, "limits_too_small", /needs \d+ bytes.* 100000: \d+ bytes too small/);
    assert.deepEqual(await stored(page), [[server.url, chunk, false]]);
  }, sabotaged);
  await server.close();
});

test("a panic in Go's work is an error on the page", async () => {
  const server = await modelServer(tiny);
  await withPage(async (page) => {
    await sabotage(page, { after: "globalThis.outriderGPU = async () => undefined" });
    await load(page, server.url);
    await assertError(page, "internal", /something unexpected/i);
  }, sabotaged);
  await server.close();
});

test("the end of the Go program is an error on the page, in Go's words", async () => {
  const server = await modelServer(tiny);
  await withPage(async (page) => {
    // A callback that gets what it cannot use panics outside every call that could catch it.
    await sabotage(page, { after: "globalThis.outriderStorage.storeChunk = (...args) => new Promise(() => setTimeout(args[4], 0, `no number`))" });
    await load(page, server.url);
    await assertError(page, "internal", /stopped unexpectedly \(panic: .*\); load the model again/);
    await page.getByRole("button", { name: "Try again" }).waitFor();
  }, sabotaged);
  await server.close();
});

test("local files: one that is empty, one that is a model; then requests that are wrong", async () => {
  await withPage(async (page) => {
    await page.goto(`${site.url}/#models`);
    const pick = (name, buffer) => page.locator("scout-chat input[type=file]").setInputFiles({ name, mimeType: "", buffer });
    await pick("empty.gguf", Buffer.alloc(0));
    await status(page, "error");
    await assertError(page, "not_gguf", /GGUF/);
    await pick("tiny.gguf", tiny);
    await status(page, "loading");
    assert.equal(await status(page, ["ready", "error"], 60_000), "ready");
    const errors = await page.evaluate(async () => {
      const { create } = document.querySelector("scout-chat").engine.chat.completions;
      const messages = [{ role: "user", content: "Hello" }];
      const refusals = [{ messages, top_k: 3 }, { messages: [] }, { messages, model: "other" }, { messages, stream: true, tools: [] }];
      return Promise.all(refusals.map((request) => create(request).then(() => "none", (e) => `${e.code} ${e.message}`)));
    });
    const fields = errors.map((error) => error.slice(0, error.indexOf(":")));
    assert.deepEqual(fields, ["top_k", "messages", "model", "tools"].map((field) => `invalid_request ${field}`));
  }, {});
});
