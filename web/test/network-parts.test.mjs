// The parts of the network code that judge an answer: what a rejected fetch means, headers, texts beside a model.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { systemClock } from "../../dist/modules/worker/network/clock.js";
import { fetchText } from "../../dist/modules/worker/network/fetch-text.js";
import { HTTPSource } from "../../dist/modules/worker/network/http-source.js";
import { Network } from "../../dist/modules/worker/network/network.js";
import { beginsLikeHTML, linkedHash, retryAfter } from "../../dist/modules/worker/network/response.js";
import { fastClock, VirtualClock } from "./clocks.mjs";
import { isRight, SimulatedServer } from "./simulated-server.mjs";

const url = "https://models.test/m.gguf";
const { signal } = new AbortController();
const rejected = () => Promise.reject(new TypeError("Failed to fetch"));

let clock, server, network;
beforeEach(() => {
  clock = new VirtualClock();
  server = new SimulatedServer(clock, 1e6);
  network = new Network({ clock, fetch: server.fetch, random: () => 0.5 });
});

const open = () => clock.until(HTTPSource.open(network, url, [], signal));
const read = (source) => clock.until(source.read(0, 1000, signal, () => {}));

/** How browsers treat requests to servers that hide from pages why they fail. */
const servers = {
  noCORS: ({ mode }) => (mode === "no-cors" ? new Response() : rejected()),
  compressing: ({ first }) => (first >= 0 ? rejected() : undefined),
};

test("a server without CORS is named at first contact, from two rejected requests", async () => {
  server.handle = servers.noCORS;
  await assert.rejects(open(), { code: "no_cors", retryable: false });
  assert.equal(server.requests.filter(({ method }) => method === "GET").length, 2);
});

test("a request that is rejected once is no sign of missing CORS", async () => {
  let n = 0;
  server.handle = (request) => (n++ < 3 ? servers.noCORS(request) : undefined);
  assert.equal((await open()).info.size, 1e6);
});

test("after first contact a rejected request is a lost connection, however often", async () => {
  const source = await open();
  const until = clock.now() + 600_000;
  server.handle = (request) => (clock.now() < until ? servers.noCORS(request) : undefined);
  assert.ok(isRight(await read(source), 0));
});

test("a server that compresses ranges is named, when a file is opened and later", async () => {
  const source = await open();
  server.handle = servers.compressing;
  await assert.rejects(open(), { code: "compressed_ranges", message: /compresses the parts of m\.gguf/ });
  await assert.rejects(read(source), { code: "compressed_ranges", retryable: false });
  server.handle = (request) => server.serve(request, undefined, { "Content-Encoding": "gzip" });
  const requests = server.requests.length;
  await assert.rejects(read(source), { code: "compressed_ranges" });
  assert.equal(server.requests.length, requests + 1);
});

test("a circle of redirects is named at once; a redirect to a server that is down is a lost connection", async () => {
  for (const [hops, code] of [
    [20, "too_many_redirects"],
    [2, "connection_lost"],
  ]) {
    const fetch = async (_, { redirect }) => {
      const time = redirect === "manual" ? 5 : 5 * hops;
      await new Promise((resolve) => setTimeout(resolve, time));
      return redirect === "manual" ? { type: "opaqueredirect" } : rejected();
    };
    network = new Network({ clock: fastClock(), fetch });
    const began = performance.now();
    await assert.rejects(HTTPSource.open(network, url, [], signal), { code });
    if (hops === 20) assert.ok(performance.now() - began < 1000);
  }
});

test("the published hash is read from the answer, or from one to HEAD if that was redirected", async () => {
  const hash = "ab".repeat(32);
  server.handle = (request) => server.serve(request, undefined, { "X-Linked-ETag": `"${hash.toUpperCase()}"` });
  assert.equal((await open()).info.sha256, hash);
  server.handle = (request) => {
    const linked = { "X-Linked-ETag": hash, "X-Linked-Size": "1000000" };
    const response = server.serve(request, undefined, request.method === "HEAD" ? linked : {});
    return Object.defineProperty(response, "redirected", { value: true });
  };
  assert.equal((await open()).info.sha256, hash);
  server.handle = (request) => server.serve(request, undefined, { "X-Linked-ETag": hash, "X-Linked-Size": "999999" });
  assert.equal((await open()).info.sha256, "", "the hash is of a file of another size");
});

test("a text is fetched; none, a refusal, a web page and a longer one are none", async () => {
  const answers = [
    [new Response('{"a":"é"}'), '{"a":"é"}'],
    [new Response("", { status: 404 }), undefined],
    [new Response("", { status: 403 }), undefined],
    [new Response("<html>", { headers: { "Content-Type": "text/html" } }), undefined],
    [new Response(" <!doctype html>"), undefined],
    [new Response("x".repeat(101)), undefined],
    [new Response(Uint8Array.of(0xff, 0xfe)), undefined],
  ];
  for (const [answer, text] of answers) {
    server.handle = () => answer;
    assert.equal(await clock.until(fetchText(network, url, 100, signal)), text);
  }
  server.handle = servers.noCORS;
  assert.equal(await clock.until(fetchText(network, url, 100, signal)), undefined);
});

test("a text is asked for again while the server is away, which is an error in the end", async () => {
  let n = 0;
  const busy = () => new Response("", { status: 503, headers: { "Retry-After": "2" } });
  server.handle = () => (n++ < 2 ? busy() : new Response("{}"));
  assert.equal(await clock.until(fetchText(network, url, 100, signal)), "{}");
  server.handle = rejected;
  await assert.rejects(clock.until(fetchText(network, url, 100, signal)), { code: "connection_lost" });
  server.handle = busy;
  await assert.rejects(clock.until(fetchText(network, url, 100, signal)), { code: "http_status", retryable: true });
});

test("a server that is silent for ten seconds is not asked for a text again", async () => {
  let requests = 0;
  server.handle = (_, signal) => {
    requests++;
    return server.silence(signal);
  };
  const start = clock.now();
  await assert.rejects(clock.until(fetchText(network, url, 100, signal)), { code: "connection_lost" });
  assert.equal(requests, 1);
  assert.ok(clock.now() - start <= 10_000, `${clock.now() - start} ms`);
});

const withHeader = (name, value) => ({ headers: new Headers([[name, value]]) });

test("Retry-After and X-Linked-ETag of odd values count as missing", () => {
  const wait = (value) => retryAfter(withHeader("Retry-After", value), Date.parse("2026-01-01T00:00:00Z"));
  assert.equal(wait("120"), 120_000);
  assert.equal(wait("Thu, 01 Jan 2026 00:01:00 GMT"), 60_000);
  assert.equal(wait("Wed, 31 Dec 2025 00:00:00 GMT"), 0);
  for (const odd of ["", "soon", "-5", "9".repeat(400)]) assert.equal(wait(odd), 0, odd);
  for (const odd of ["", '"abc"', "zz".repeat(32)]) assert.equal(linkedHash(withHeader("X-Linked-ETag", odd)), "");
});

test("the first bytes of a web page are recognised, and those of a model are not", () => {
  const looks = (text) => beginsLikeHTML(new TextEncoder().encode(text));
  for (const page of ["<!DOCTYPE html>", "<html>", "\n\t<HTML lang=en>", "\ufeff<!doctype html>"])
    assert.ok(looks(page));
  for (const other of ["GGUF", "", "<h", "<htmlx", "0<html>"]) assert.ok(!looks(other), other);
});

test("a long timer of the system's clock may be cancelled, a short one fires", async () => {
  const cancel = systemClock.after(1e12, () => assert.fail());
  const began = systemClock.now();
  await new Promise((resolve) => systemClock.after(30, resolve));
  assert.ok(systemClock.now() - began >= 25);
  cancel();
});
