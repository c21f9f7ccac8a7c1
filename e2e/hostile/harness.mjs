// Runs the cases of the hostile tests, several at once: each gets a new file on a new server, new workers in a tab, and
// an audit of what is stored.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "../browser.mjs";
import { serveStorage, setQuota } from "../storage.mjs";
import { CHUNK_BYTES, chunkHashes, makeModel, manifestOf, sha256 } from "./model.mjs";
import { HostileServer } from "./server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The file of most cases: two chunks, the second one smaller. */
export const FILE = makeModel(CHUNK_BYTES + 4e6);
/** A file of three chunks, the last one smaller. */
export const LONG = makeModel(2 * CHUNK_BYTES + 3e6);

/** Milliseconds of real time after which a case counts as hung. */
const LIMIT = 20_000;

/** Builds the loader and serves it with the page of the cases. */
export function serveHostile() {
  const wasm = join(root, "dist/hostile-loader.wasm");
  execFileSync("go", ["build", "-o", wasm, "./e2e/hostile/program"], {
    cwd: root,
    env: { ...process.env, GOOS: "js", GOARCH: "wasm" },
  });
  const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  const names = ["prelude", "storage-worker", "loader-worker", "page"];
  const scripts = Object.fromEntries(names.map((name) => [`/hostile/${name}.js`, here(`${name}.mjs`)]));
  const bundles = ["/worker/storage.worker.js", "/worker/storage-client.js"];
  return serveStorage({
    ...scripts,
    ...Object.fromEntries(bundles.map((path) => [path, join(root, "dist/modules/bundled", path)])),
    "/loader.wasm": wasm,
    "/wasm_exec.js": join(goroot, "lib/wasm/wasm_exec.js"),
  });
}

/** Opens a tab whose global `hostile` is that of page.mjs. */
export async function openTab(context, url) {
  const page = await context.newPage();
  page.on("console", (message) => process.env.VERBOSE && console.log("#", message.text()));
  await page.goto(url);
  await page.evaluate(() => import("/hostile/page.js"));
  return page;
}

/** The site and a browser for many cases. */
export class Harness {
  #site;
  #browser;
  #origins = 0;

  static async start() {
    const harness = new Harness();
    harness.#site = await serveHostile();
    harness.#browser = await launch({ args: [] });
    return harness;
  }

  async close() {
    await this.#browser?.close();
    await this.#site?.close();
  }

  /** Runs cases one after another, `lanes` of them at once; calls onResult with each case and its result. */
  async runAll(rows, lanes, onResult) {
    const queue = rows.values();
    const work = async () => {
      const lane = await this.#openLane();
      for (const row of queue) onResult(row, await (row.ownOrigin ? await this.#openLane() : lane).run(row));
    };
    await Promise.all(Array.from({ length: lanes }, work));
  }

  /** Opens a tab of an origin that nothing else has used. Every name under localhost is this machine. */
  async #openLane() {
    const url = this.#site.url.replace("127.0.0.1", `lane${this.#origins++}.localhost`);
    return new Lane(this.#browser.context, url, await openTab(this.#browser.context, url));
  }
}

/** A tab with a store of its own, in which cases run one after another. */
class Lane {
  #context;
  #url;

  constructor(context, url, page) {
    this.#context = context;
    this.#url = url;
    this.page = page;
  }

  /** Opens another tab with the same store. */
  openTab() {
    return openTab(this.#context, this.#url);
  }

  /** Runs a case. Returns {outcome, problems, moved, ratio, seconds, message}. */
  async run(row) {
    const server = await new HostileServer(row.bytes ?? FILE).listen();
    const trial = new Trial(this, row, server);
    const start = performance.now();
    try {
      await trial.begin();
      const result = await (row.run ?? ((trial) => trial.download()))(trial);
      return { ...(await trial.judge(result)), seconds: (performance.now() - start) / 1000 };
    } catch (error) {
      return { outcome: "failed", problems: [String(error.stack ?? error)], moved: 0, ratio: 0, seconds: 0 };
    } finally {
      await trial.end();
    }
  }
}

/** One run of a case. A case's functions use it. */
export class Trial {
  constructor(lane, row, server) {
    this.expect = this.expect.bind(this);
    Object.assign(this, { lane, row, server, page: lane.page, problems: [], id: server.url });
    this.speed = row.speed ?? 1;
  }

  async begin() {
    const { server, row } = this;
    if (row.publish === "manifest") this.publish(server);
    if (row.publish === "hash") server.headers["X-Linked-ETag"] = `"${sha256(server.bytes)}"`;
    await this.restart();
    if (row.trick) server.trick = row.trick(this);
  }

  /** Puts a manifest beside the file. */
  publish(server) {
    server.manifest = manifestOf(server.bytes);
  }

  /** Starts new workers, as a reload of the page does. */
  async restart(settings = {}, page = this.page) {
    const all = { speed: this.speed, inject: this.row.inject ?? [], ...settings };
    await page.evaluate((settings) => hostile.start(settings), all);
  }

  /** Converts milliseconds of the workers' time to real ones. */
  real(milliseconds) {
    return milliseconds / this.speed;
  }

  call(method, { page = this.page, url = this.id, limit = this.row.limit ?? LIMIT, ...options } = {}) {
    const all = { kind: this.row.kind, ...this.row.options, ...options };
    return page.evaluate(
      ([method, url, options, limit]) => hostile.call(method, url, options, limit),
      [method, url, all, limit],
    );
  }

  /** Downloads the file; returns the outcome of the call (see call of page.mjs). */
  download(options) {
    return this.call("download", options);
  }

  /** Reads the whole file as tensors are read. */
  read(options) {
    return this.call("read", options);
  }

  /** Downloads until `chunks` of the chunks are stored, then closes the workers as a closed tab does. */
  async downloadPart(chunks) {
    const { trick } = this.server;
    this.server.trick = (request, response) => {
      if (request.chunk < chunks) return response.serve();
    };
    const downloading = this.download();
    await this.until(async () => (await this.find())?.chunks.length >= chunks, "the first chunks are stored");
    await this.page.evaluate(() => hostile.stop());
    await downloading;
    this.server.trick = trick;
    this.sentBefore = this.server.sent;
    await this.restart();
  }

  find(id = this.id) {
    return this.page.evaluate((id) => hostile.store("find", id), id);
  }

  audit(id = this.id) {
    return this.page.evaluate((id) => hostile.audit(id), id);
  }

  /** Waits for a condition. */
  async until(condition, what, limit = LIMIT) {
    const end = performance.now() + limit;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error(`waited for ever: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Notes a problem unless a condition holds. */
  expect(condition, problem) {
    if (!condition) this.problems.push(problem);
  }

  /** Returns {quota, usage} of the site's storage, bytes. */
  estimate() {
    return this.page.evaluate(() => navigator.storage.estimate());
  }

  /** Limits the site's storage; undefined removes the limit. */
  setQuota(bytes) {
    return setQuota(this.page, bytes);
  }

  /** Says what came of the case, from the result of its last call and from what is stored. */
  async judge(result) {
    const { row, server, problems } = this;
    const expected = chunkHashes(row.becomes ?? server.bytes);
    const stored = await this.audit();
    const found = Object.entries(stored?.hashes ?? {});
    const wrong = found.filter(([chunk, hash]) => hash !== expected[chunk]);
    const complete = found.length === expected.length;
    let outcome = result.code || (complete && wrong.length === 0 ? "identical" : "incomplete");
    if (wrong.length > 0 && outcome === "incomplete") outcome = "unverified";
    if (wrong.length > 0 && stored.verified) outcome = "wrong bytes";
    if (result.code === "hung") this.expect(result.abortMs < 1000, `the abort took ${Math.round(result.abortMs)} ms`);
    const allowed = 1.05 * server.bytes.length + 64e6;
    this.expect(server.sent <= allowed, `moved ${server.sent} bytes, at most ${allowed} are right`);
    this.expect(outcome === row.outcome, `the outcome is ${outcome}, not ${row.outcome}`);
    await row.check?.(this, result, stored);
    return { outcome, problems, moved: server.sent, ratio: server.sent / server.bytes.length, message: result.message };
  }

  async end() {
    await this.page.evaluate(() => hostile.stop());
    await this.page.evaluate((id) => hostile.store("delete", id), this.id).catch(() => {});
    await this.server.close().catch(() => {});
  }
}
