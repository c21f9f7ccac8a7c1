// How failures of one stream bear on the others of the same server. Time is virtual.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { HTTPSource } from "../../dist/modules/worker/network/http-source.js";
import { Network } from "../../dist/modules/worker/network/network.js";
import { VirtualClock } from "./clocks.mjs";
import { isRight, SimulatedServer } from "./simulated-server.mjs";

const MB = 1e6;
const url = "https://models.test/m.gguf";
const mirrorURL = "https://mirror.test/m.gguf";

let clock, server, mirror, network, end;
beforeEach(() => {
  end = new AbortController();
  clock = new VirtualClock();
  server = new SimulatedServer(clock, 100 * MB);
  mirror = new SimulatedServer(clock, 100 * MB);
  const servers = { "models.test": server, "mirror.test": mirror };
  const fetch = (url, options) => servers[new URL(url).host].fetch(url, options);
  network = new Network({ clock, fetch, random: () => 0.5 });
});
afterEach(() => end.abort());

const open = (mirrors = []) => clock.until(HTTPSource.open(network, url, mirrors, end.signal));

/** Starts a read; waits receives what it announces. */
function start(source, offset, length, { waits = [], ...priority } = {}) {
  const onWaiting = (waiting) => waiting && waits.push(waiting);
  const reading = source.read(offset, length, end.signal, () => {}, { ...priority, onWaiting });
  reading.catch(() => {});
  return reading;
}

/** Fails the next request with a rejection. */
function rejectOnce() {
  server.handle = () => {
    server.handle = () => undefined;
    throw new TypeError("Failed to fetch");
  };
}

test("a connection that breaks after much has arrived is continued at once, without a wait", async () => {
  const source = await open();
  const waits = [];
  const reading = start(source, 0, 5 * MB, { waits });
  await clock.advance(3500);
  server.breakAll();
  await clock.advance(100);
  assert.equal(server.open, 1);
  assert.ok(isRight(await clock.until(reading), 0));
  assert.deepEqual(waits, []);
});

test("a rejected request to a server that has answered before is repeated without further questions", async () => {
  const source = await open();
  const before = server.requests.length;
  rejectOnce();
  await clock.until(start(source, 0, 1000));
  assert.equal(server.requests.length - before, 2);
});

test("a body shorter than the range is thrown away although its Content-Range is right", async () => {
  const source = await open();
  const headers = { "Content-Length": "300", "Content-Range": `bytes 0-999/${100 * MB}` };
  server.handle = () => {
    server.handle = () => undefined;
    return new Response("x".repeat(300), { status: 206, headers });
  };
  assert.ok(isRight(await clock.until(start(source, 0, 1000)), 0));
});

test("an answer that declares to be a web page is thrown away, whatever it contains", async () => {
  const source = await open();
  server.handle = () => {
    server.handle = () => undefined;
    return new Response("Bad gateway", { status: 206, headers: { "Content-Type": "text/html; charset=utf-8" } });
  };
  assert.ok(isRight(await clock.until(start(source, 0, 11)), 0));
});

test("one silent stream does not stop the others", async () => {
  const source = await open();
  let n = 0;
  server.handle = (_, signal) => (n++ === 0 ? server.silence(signal) : undefined);
  const waits = [];
  const reads = [0, 1, 2].map((i) => start(source, i * 30 * MB, 29 * MB, { waits }));
  start(source, 90 * MB, 9 * MB, { waits });
  await clock.until(Promise.all(reads));
  assert.deepEqual(waits, []);
});

test("streams that fail together count as one failure: the next attempt comes within a second", async () => {
  const source = await open();
  const reads = [0, 1, 2, 3].map((i) => start(source, i * MB, MB));
  await clock.advance(500);
  server.breakAll();
  await clock.advance(900);
  const buffers = await clock.until(Promise.all(reads));
  assert.ok(buffers.every((buffer, i) => isRight(buffer, i * MB)));
  assert.ok(server.requests.every(({ time }) => time < 1e12 + 3500));
});

test("a late answer to an earlier request does not end a wait that the server asked for", async () => {
  const source = await open();
  let n = 0;
  server.handle = async () => {
    if (n++ === 0) return new Response("", { status: 429, headers: { "Retry-After": "600" } });
    await clock.sleep(2000);
  };
  start(source, 0, MB);
  start(source, MB, MB);
  await clock.advance(5000);
  const before = server.requests.length;
  start(source, 2 * MB, MB);
  await clock.advance(500_000);
  assert.equal(server.requests.length, before);
});

test("a file is opened without waiting for the streams of another", async () => {
  const source = await open();
  for (let i = 0; i < 8; i++) start(source, i * 10 * MB, 10 * MB);
  await clock.advance(1500);
  const began = clock.now();
  await open();
  assert.ok(clock.now() - began < 2000);
});

test("more urgent reads get connections when the browser has no more", async () => {
  const source = await open();
  server.interval = 100;
  for (let i = 0; i < 8; i++) start(source, i * MB, 50 * MB, { background: true });
  await clock.advance(30_000);
  const busy = server.open;
  assert.ok(busy >= 5);
  for (let i = 0; i < 4; i++) start(source, (60 + i) * MB, 10 * MB);
  await clock.advance(200);
  assert.ok(server.open <= 6, `${server.open} streams`);
});

test("the delay between attempts begins anew after bytes have arrived", async () => {
  const source = await open();
  server.down = true;
  const reading = start(source, 0, 1000);
  await clock.advance(600_000);
  server.down = false;
  await clock.until(reading);
  rejectOnce();
  const began = clock.now();
  await clock.until(start(source, 0, 1000));
  assert.ok(clock.now() - began < 5000);
});

test("a stream that is much slower than another mirror is moved to it", async () => {
  const source = await open([mirrorURL]);
  Object.assign(mirror, { rate: 2 * MB, interval: 100 });
  await clock.until(start(source, 0, MB)); // from the first address
  await clock.until(start(source, 0, MB)); // from the mirror, which is faster
  await clock.advance(290_000);
  await clock.until(start(source, 0, MB)); // from the mirror
  await clock.advance(20_000);
  server.rate = 20_000;
  const began = clock.now();
  const reading = start(source, 0, 20 * MB); // from the first address, whose speed has been forgotten
  await clock.advance(1000);
  assert.ok(server.requests.at(-1).time >= began);
  assert.ok(isRight(await clock.until(reading), 0));
  assert.ok(clock.now() - began < 60_000, `${clock.now() - began} ms`);
});

test("bytes that an answer waits for do not wait for the streams of a download", async () => {
  const source = await open();
  for (let i = 0; i < 8; i++) start(source, i * 10 * MB, 10 * MB);
  await clock.advance(2000);
  const began = clock.now();
  await clock.until(start(source, 90 * MB, 2 * MB, { demand: true }));
  assert.ok(clock.now() - began < 2500, `${clock.now() - began} ms`);
});
