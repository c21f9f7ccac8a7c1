// The rules by which reads share the network: waiting, priorities, the number of streams, mirrors, bandwidth. Time is
// virtual.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { HTTPSource } from "../../dist/modules/worker/network/http-source.js";
import { Network } from "../../dist/modules/worker/network/network.js";
import { VirtualClock } from "./clocks.mjs";
import { isRight, SimulatedServer } from "./simulated-server.mjs";

const MB = 1e6;
const url = "https://models.test/m.gguf";
const mirrorURL = "https://mirror.test/m.gguf";

let clock, server, mirror, network, end, forever;
beforeEach(() => {
  end = new AbortController();
  forever = end.signal;
  clock = new VirtualClock();
  server = new SimulatedServer(clock, 100 * MB);
  mirror = new SimulatedServer(clock, 100 * MB);
  const servers = { "models.test": server, "mirror.test": mirror };
  const fetch = (url, options) => servers[new URL(url).host].fetch(url, options);
  network = new Network({ clock, fetch, random: () => 0.5 });
});
afterEach(() => end.abort());

const open = (mirrors = []) => clock.until(HTTPSource.open(network, url, mirrors, forever));
const refuse = (status, headers = {}) => new Response("", { status, headers });

/** Starts a read and returns its promise. */
function start(source, offset, length, { signal = end.signal, onBytes = () => {}, ...options } = {}) {
  const reading = source.read(offset, length, signal, onBytes, options);
  reading.catch(() => {});
  return reading;
}

/** Counts the requests of a server while a test does something. */
async function requestsDuring(action) {
  const before = server.requests.length;
  await action();
  return server.requests.length - before;
}

test("Retry-After of an hour is obeyed by all reads with one request, which is the only one before", async () => {
  const source = await open();
  const until = clock.now() + 3_600_000;
  server.handle = () => (clock.now() < until ? refuse(429, { "Retry-After": "3600" }) : undefined);
  const waits = [];
  const reads = [0, 1, 2, 3].map((i) => start(source, i * MB, MB, { onWaiting: (waiting) => waits.push(waiting) }));
  await clock.advance(10_000);
  assert.ok(server.requests.length <= 5, "the four reads were under way");
  assert.equal(await requestsDuring(() => clock.advance(3_580_000)), 0);
  assert.match(waits.at(-1).cause, /^models\.test answered with status 429$/);
  assert.ok(Math.abs(waits.at(-1).until - until) < 1000);
  const buffers = await clock.until(Promise.all(reads));
  assert.ok(buffers.every((buffer, i) => isRight(buffer, i * MB)));
  assert.equal(waits.at(-1), undefined);
});

test("Retry-After may be a date", async () => {
  const source = await open();
  const until = clock.now() + 100_000;
  const headers = { "Retry-After": new Date(until).toUTCString() };
  server.handle = () => (clock.now() < until - 1000 ? refuse(503, headers) : undefined);
  const reading = start(source, 0, 10);
  await clock.advance(5000);
  assert.equal(await requestsDuring(() => clock.advance(93_000)), 0);
  assert.ok(isRight(await clock.until(reading), 0));
});

test("while the network is away one request at most a minute is sent, however many reads wait", async () => {
  const source = await open();
  const reads = Array.from({ length: 8 }, (_, i) => start(source, i * MB, MB));
  await clock.advance(500);
  server.down = true;
  server.breakAll();
  await clock.advance(300_000);
  // An attempt that finds no network looks for other reasons, which takes four requests more.
  const requests = await requestsDuring(() => clock.advance(3_600_000));
  assert.ok(requests / 5 >= 50 && requests / 5 <= 130, `${requests} requests in an hour`);
  server.down = false;
  const buffers = await clock.until(Promise.all(reads));
  assert.ok(buffers.every((buffer, i) => isRight(buffer, i * MB)));
});

test("the event online ends a wait, but not one that the server asked for", async () => {
  const source = await open();
  server.down = true;
  const reading = start(source, 0, 10);
  await clock.advance(600_000);
  server.down = false;
  network.online();
  await clock.advance(1200);
  assert.ok(isRight(await reading, 0));
  server.handle = () => refuse(503, { "Retry-After": "1000" });
  start(source, 0, 10);
  await clock.advance(1000);
  network.online();
  assert.equal(await requestsDuring(() => clock.advance(900_000)), 0);
});

test("headers that never come, and a byte every ten seconds, are given up after 30 s", async () => {
  const source = await open();
  let n = 0;
  server.handle = (_, signal) => (n++ === 0 ? server.silence(signal) : undefined);
  const began = clock.now();
  assert.ok(isRight(await clock.until(start(source, 0, 1000)), 0));
  assert.ok(clock.now() - began < 35_000);
  server.interval = 10_000;
  server.rate = 0.1;
  const reading = start(source, 0, 1000);
  await clock.advance(25_000);
  server.interval = 1000;
  server.rate = MB;
  await clock.advance(10_000);
  assert.ok(isRight(await reading, 0));
});

test("a refusal in the middle is asked again, and is an error when it persists for ten seconds", async () => {
  const source = await open();
  for (const status of [403, 404, 416, 200, 401, 410]) {
    let n = 0;
    server.handle = () => (n++ < 2 ? refuse(status) : undefined);
    assert.ok(isRight(await clock.until(start(source, 0, 1000)), 0));
    server.handle = () => refuse(status);
    const began = clock.now();
    await assert.rejects(clock.until(start(source, 0, 1000)), { retryable: false });
    assert.ok(clock.now() - began >= 10_000 && clock.now() - began < 20_000);
  }
});

test("web pages in the place of the file are thrown away", async () => {
  const source = await open();
  const page = "<!DOCTYPE html><title>Bad Gateway</title>".padEnd(3000);
  const pages = [
    [{ "Content-Type": "text/html" }, page],
    [{ "Content-Range": `bytes 0-2999/${100 * MB}`, "Content-Length": "3000" }, page],
    [{}, page],
    [{}, `\n <HTML>${page}`.slice(0, 3000)],
  ];
  for (const [headers, body] of pages) {
    let n = 0;
    server.handle = () => (n++ === 0 ? new Response(body, { status: 206, headers }) : undefined);
    const reports = [];
    assert.ok(isRight(await clock.until(start(source, 0, 3000, { onBytes: (n) => reports.push(n) })), 0));
    assert.deepEqual(reports, [3000]);
    assert.ok(n >= 2);
    server.handle = () => new Response(body, { status: 206, headers });
    await assert.rejects(clock.until(start(source, 0, 3000)), /web page instead of m\.gguf/);
  }
});

test("a read in the background waits for one that is needed now", async () => {
  const source = await open();
  const background = Array.from({ length: 8 }, (_, i) => start(source, i * MB, 8 * MB, { background: true }));
  await clock.advance(2000);
  const began = clock.now();
  await clock.until(start(source, 90 * MB, 2 * MB));
  assert.ok(clock.now() - began < 3500, `${clock.now() - began} ms`);
  const buffers = await clock.until(Promise.all(background));
  assert.ok(buffers.every((buffer, i) => isRight(buffer, i * MB)));
});

test("background streams receive nothing while one that is needed now receives", async () => {
  const source = await open();
  start(source, 0, 50 * MB, { background: true });
  await clock.advance(3000);
  const needed = start(source, 60 * MB, 20 * MB);
  await clock.advance(2000);
  assert.equal(server.open, 1);
  await clock.until(needed);
  await clock.advance(1500);
  assert.equal(server.open, 1);
});

test("the number of streams grows while that makes the download faster, and shrinks when it does not", async () => {
  server.size = 1e12;
  const source = await open();
  server.rate = 100_000;
  server.interval = 200;
  const download = async (i) => {
    for (;;) await source.read(i * MB, 2 * MB, forever, () => {});
  };
  for (let i = 0; i < 8; i++) download(i).catch(() => {});
  await clock.advance(60_000);
  assert.equal(server.peak, 8, "each stream has its own 100 KB/s");
  const counts = [];
  Object.defineProperty(server, "rate", { get: () => 800_000 / Math.max(server.open, 1) ** 1.5 });
  for (let i = 0; i < 60; i++) {
    await clock.advance(5000);
    counts.push(server.open);
  }
  const average = counts.slice(-20).reduce((sum, count) => sum + count, 0) / 20;
  assert.ok(average <= 4, `more streams are slower, but there were ${counts}`);
});

test("a limit of the bandwidth holds for all streams together, and 0 stops them", async () => {
  const source = await open();
  network.bandwidth.limit = 200_000;
  for (let i = 0; i < 4; i++) start(source, i * 10 * MB, 10 * MB);
  await clock.advance(10_000);
  let before = server.sent;
  await clock.advance(60_000);
  const rate = (server.sent - before) / 60;
  assert.ok(rate > 180_000 && rate < 220_000, `${rate} bytes per second`);
  network.bandwidth.limit = 0;
  await clock.advance(10_000);
  before = server.sent;
  await clock.advance(60_000);
  assert.ok(server.sent - before < 10, `${server.sent - before} bytes`);
  network.bandwidth.limit = Number.POSITIVE_INFINITY;
  await clock.advance(10_000);
  assert.ok(server.sent - before > 5 * MB);
});

test("a mirror continues at once what the first address does not", async () => {
  const source = await open([mirrorURL]);
  mirror.rate = MB / 2;
  await clock.until(start(source, 0, 2 * MB));
  await clock.until(start(source, 0, 2 * MB)); // now it is known that the mirror is slower
  server.sent = mirror.sent = 0;
  const reading = start(source, 0, 10 * MB);
  await clock.advance(3000);
  server.down = true;
  server.breakAll();

  const began = clock.now();
  assert.ok(isRight(await clock.until(reading), 0));
  assert.ok(clock.now() - began < 20_000, `${clock.now() - began} ms`);
  assert.ok(mirror.sent > 5 * MB && mirror.sent + server.sent < 11 * MB);
});

test("a mirror that refuses is not asked any more; if all do, the first address's error counts", async () => {
  const source = await open([mirrorURL]);
  server.handle = () => refuse(404);
  await clock.until(start(source, 0, MB));
  await clock.advance(60_000);
  mirror.handle = () => refuse(403);
  await assert.rejects(clock.until(start(source, 0, MB)), { code: "not_found", message: /models\.test/ });
});

test("the faster mirror is used, and a stream that is much slower is moved to it", async () => {
  server.rate = 50_000;
  mirror.rate = MB;
  const source = await open([mirrorURL]);
  await clock.until(start(source, 0, MB));
  await clock.until(start(source, MB, MB));
  const before = server.sent;
  await clock.until(start(source, 0, 10 * MB));
  assert.equal(server.sent, before);
  await clock.advance(400_000); // the speeds are not valid any more, so the first address is tried again
  mirror.rate = 2 * MB;
  await clock.until(start(source, 0, MB));
  await clock.until(start(source, 0, MB));
  const began = clock.now();
  await clock.until(start(source, 0, 20 * MB));
  assert.ok(clock.now() - began < 30_000, `${clock.now() - began} ms`);
});

test("a file is opened at a mirror if its first address does not answer", async () => {
  server.handle = () => refuse(503);
  const source = await open([mirrorURL]);
  assert.equal(source.info.size, 100 * MB);
});

test("an abort ends a read in every state within a second", async () => {
  const source = await open();
  const states = [
    () => {},
    () => (server.down = true),
    () => (server.handle = (_, signal) => server.silence(signal)),
    () => (server.handle = () => refuse(403)),
    () => (server.handle = () => refuse(503, { "Retry-After": "100" })),
    () => (network.bandwidth.limit = 0),
  ];
  for (const prepare of states) {
    server.down = false;
    server.handle = () => undefined;
    network.bandwidth.limit = Number.POSITIVE_INFINITY;
    prepare();
    const controller = new AbortController();
    const reads = Array.from({ length: 9 }, (_, i) => start(source, i * MB, 9 * MB, { signal: controller.signal }));
    await clock.advance(4000);
    controller.abort();
    const began = clock.now();
    const results = await clock.until(Promise.allSettled(reads));
    assert.ok(results.every(({ reason }) => reason.code === "aborted"));
    assert.ok(clock.now() - began < 1000);
    await clock.advance(120_000);
  }
  assert.equal(server.open, 0);
});
