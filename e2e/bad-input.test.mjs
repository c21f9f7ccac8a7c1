// Bad files, servers, storage and GPUs: the page shows the error by its code, and a model that is stored in part never
// counts as complete.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endAfter, status as httpStatus } from "../web/test/range-server.mjs";
import { launch, part, waitForStatus } from "./browser.mjs";
import { intercept, modelServer, tinyModel, withAbsurdCount, withTensorType, withText } from "./models.mjs";
import { serveSite } from "./server.mjs";

const chunkBytes = 16 << 20; // of the store
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

/** Opens the page and enters a URL. */
async function startLoad(page, url) {
  await page.goto(`${site.url}/#models`);
  await page.getByLabel("Address of a GGUF file").fill(url);
  await page.getByRole("button", { name: "Load" }).click();
}

/** Opens the page, enters a URL and waits until the model is loaded or an error is shown. */
async function load(page, url) {
  await startLoad(page, url);
  return waitForStatus(page, ["ready", "error"], 90_000);
}

/** Serves a model until the end of a test. */
async function serveModel(t, bytes) {
  const server = await modelServer(bytes);
  t.after(() => server.close());
  return server;
}

/** Calls body with a new page of the shared browser or, with options, of a browser of its own. */
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

/** Options of a browser in which injectCode works: a service worker would answer the request for the script. */
const injectable = { serviceWorkers: "block" };

/** Adds code to the engine worker, before its own and after it has started. */
async function injectCode(page, { before = "", after = "" }) {
  const onStart = `addEventListener("message", () => { ${after} }, { once: true })`;
  await page.route("**/assets/engine-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${before};${await response.text()};${onStart}` });
  });
}

/** Asserts that the page shows an error with this code and a matching message. */
async function assertError(page, code, message) {
  const now = await waitForStatus(page, ["ready", "error"], 1000);
  assert.equal(now, "error");
  assert.equal(await part(page, "error").getAttribute("data-code"), code);
  assert.match(await part(page, "error").locator("p").first().textContent(), message);
}

/** Returns what the store holds: id, bytes and whether that is the complete file. */
const stored = (page) =>
  page.evaluate(async () => {
    const models = await document.querySelector("scout-chat").engine.models();
    return models.map(({ id, bytesStored, complete }) => [id, bytesStored, complete]);
  });

const badFiles = {
  "another file": ["not_gguf", /GGUF/, Buffer.from("PK".padEnd(500))],
  "a web page": ["http_status", /a web page instead of model\.gguf/, Buffer.from("<!doctype html>".padEnd(500))],
  "a header cut short": ["truncated", /ends|cut|truncated/i, tiny.subarray(0, 300)],
  "data cut short": ["truncated", /ends|cut|truncated/i, tiny.subarray(0, tiny.length - 1000)],
  "an absurd tensor count": ["bad_header", /tensors/, withAbsurdCount(tiny)],
  "an unknown architecture": [
    "unsupported_architecture",
    /mamba/,
    withText(tiny, "general.architecture", "llama", "mamba"),
  ],
  "an unknown tensor type": [
    "unsupported_tensor_type",
    /output_norm\.weight|type/,
    withTensorType(tiny, "output_norm.weight", 16),
  ],
  "an unknown tokenizer": ["unsupported_tokenizer", /smollX/, withText(tiny, "tokenizer.ggml.pre", "smollm", "smollX")],
  "an unknown template": [
    "unsupported_template",
    /template/,
    withText(tiny, "tokenizer.chat_template", "<|im_start|>", "<|im_strat|>"),
  ],
};

for (const [name, [code, message, bytes]] of Object.entries(badFiles)) {
  test(`the page shows ${code} for ${name}`, async (t) => {
    const server = await serveModel(t, bytes);
    await withPage(async (page) => {
      await load(page, server.url);
      await assertError(page, code, message);
    });
  });
}

/** Servers that do not work, each with its code, message and setup. */
const badServers = {
  "a server without ranges": [
    "no_ranges",
    /range/,
    (server) => intercept(server, (_, response) => response.writeHead(200, server.headers).end(tiny)),
  ],
  "a server without CORS": ["no_cors", /CORS|allow/, (server) => (server.headers = {})],
  "a server without the file": ["not_found", /address|found/i, (server) => intercept(server, withCORS(404))],
  "a server that requires a login": ["http_status", /403/, (server) => intercept(server, withCORS(403))],
};

const withCORS = (code) => (request, response) => {
  response.setHeader("Access-Control-Allow-Origin", "*");
  httpStatus(code)(request, response);
};

for (const [name, [code, message, setUp]] of Object.entries(badServers)) {
  test(`the page shows ${code} for ${name}`, async (t) => {
    const server = await serveModel(t, tiny);
    setUp(server);
    await withPage(async (page) => {
      await load(page, server.url);
      await assertError(page, code, message);
    });
  });
}

test("a lost connection keeps the stored chunks, and the load waits, then fetches only the others", async (t) => {
  const server = await serveModel(t, twoChunks);
  const disconnect = (_, response) => response.socket.destroy();
  intercept(server, (request, response, serve) => {
    const from = Number(/=(\d+)-/.exec(request.headers.range)?.[1] ?? 0);
    if (from < chunkBytes) return serve();
    intercept(server, disconnect);
    endAfter(1 << 20)(request, response, serve);
  });
  await withPage(async (page) => {
    await startLoad(page, server.url);
    await page.getByText("Waiting for the network").waitFor({ timeout: 60_000 });
    assert.deepEqual(await stored(page), [[server.url, chunkBytes, false]]);

    server.requests.length = 0;
    intercept(server, null);
    assert.equal(await waitForStatus(page, ["ready", "error"], 90_000), "ready");
    // The download continues within the chunk; then one stored chunk is compared with the server's.
    const weights = server.requests.filter(({ method, range }) => method === "GET" && /-\d{4,}$/.test(range));
    const starts = weights.map(({ range }) => Number(/=(\d+)/.exec(range)[1]));
    assert.ok(starts[0] > chunkBytes && starts.length <= 2, JSON.stringify(weights));
    assert.deepEqual(await stored(page), [[server.url, twoChunks.length, true]]);
  }, {});
});

test("a full store reports how many bytes are missing and keeps its chunks", async (t) => {
  const server = await serveModel(t, twoChunks);
  await withPage(async (page, context) => {
    const devtools = await context.newCDPSession(page);
    // Completing a chunk takes its space twice for a moment: its pieces, and the chunk that replaces them.
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: site.url, quotaSize: 40e6 });
    await load(page, server.url);
    await assertError(page, "storage_full", /15\.\d MB more are needed/);
    assert.deepEqual(await stored(page), [[server.url, chunkBytes, false]]);
  }, injectable); // the service worker's cache counts towards the same quota
});

test("the page shows no_webgpu in a browser without WebGPU, before any request to the server", async (t) => {
  const server = await serveModel(t, tiny);
  await withPage(async (page) => {
    await injectCode(page, { before: "delete WorkerNavigator.prototype.gpu" });
    await load(page, server.url);
    await assertError(page, "no_webgpu", /this page has no WebGPU; open it over https/);
    assert.deepEqual(server.requests, []);
  }, injectable);
});

test("the page shows no_adapter in a browser without an adapter, before any request to the server", async (t) => {
  const server = await serveModel(t, tiny);
  await withPage(
    async (page) => {
      await load(page, server.url);
      await assertError(page, "no_adapter", /adapter/);
      assert.deepEqual(server.requests, []);
    },
    { args: ["--enable-unsafe-webgpu", "--disable-gpu", "--disable-software-rasterizer"] },
  );
});

test("the page shows limits_too_small, and by how much, before the download of a model too large for it", async (t) => {
  const server = await serveModel(t, twoChunks);
  await withPage(async (page) => {
    const limits = "{ maxBufferSize: 1e5, maxStorageBufferBindingSize: 1e5 }";
    await injectCode(page, {
      before: `Object.defineProperty(GPUDevice.prototype, "limits", { get: () => (${limits}) })`,
    });
    await load(page, server.url);
    await assertError(page, "limits_too_small", /needs \d+ bytes.* 100000: \d+ bytes too small/);
    assert.deepEqual(await stored(page), [[server.url, chunkBytes, false]]);
  }, injectable);
});

test("the page shows an error when Go panics during a call", async (t) => {
  const server = await serveModel(t, tiny);
  await withPage(async (page) => {
    await injectCode(page, { after: "globalThis.outriderGPU = async () => undefined" });
    await load(page, server.url);
    await assertError(page, "internal", /something unexpected/i);
  }, injectable);
});

test("the page shows an error with Go's message when the Go program ends", async (t) => {
  const server = await serveModel(t, tiny);
  await withPage(async (page) => {
    // Go panics in the callback, outside of every call that could recover.
    const callWithoutProgress = "(...args) => new Promise(() => setTimeout(args.at(-1)))";
    await injectCode(page, { after: `globalThis.outriderStorage.storeChunk = ${callWithoutProgress}` });
    await load(page, server.url);
    await assertError(page, "internal", /stopped unexpectedly \(panic: .*\); load the model again/);
    await page.getByRole("button", { name: "Try again" }).waitFor();
  }, injectable);
});

test("an empty local file is refused, a model is loaded, and bad requests are refused by field", async () => {
  await withPage(async (page) => {
    await page.goto(`${site.url}/#models`);
    const pick = (name, buffer) =>
      page.locator("scout-chat input[type=file]").setInputFiles({ name, mimeType: "", buffer });
    await pick("empty.gguf", Buffer.alloc(0));
    await waitForStatus(page, "error");
    await assertError(page, "not_gguf", /GGUF/);
    await pick("tiny.gguf", tiny);
    await waitForStatus(page, "loading");
    assert.equal(await waitForStatus(page, ["ready", "error"], 60_000), "ready");
    const errors = await page.evaluate(async () => {
      const { create } = document.querySelector("scout-chat").engine.chat.completions;
      const messages = [{ role: "user", content: "Hello" }];
      const refusals = [
        { messages, top_k: 3 },
        { messages: [] },
        { messages, model: "other" },
        { messages, stream: true, tools: [] },
      ];
      return Promise.all(
        refusals.map((request) =>
          create(request).then(
            () => "none",
            (e) => `${e.code} ${e.message}`,
          ),
        ),
      );
    });
    const fields = errors.map((error) => error.slice(0, error.indexOf(":")));
    assert.deepEqual(
      fields,
      ["top_k", "messages", "model", "tools"].map((field) => `invalid_request ${field}`),
    );
  }, {});
});
