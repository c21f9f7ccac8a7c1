import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import { HTTPSource } from "../../dist/modules/worker/storage/http-source.js";
import { breakAfter, endAfter, hide, rangeServer, status } from "./range-server.mjs";

const policy = { maxAttempts: 3, firstDelay: 1, stallTimeout: 200 };
const forever = new AbortController().signal;
const ignore = () => {};

let server;
beforeEach(async () => (server = await rangeServer(randomBytes(300_000))));
afterEach(() => server.close());

const open = () => HTTPSource.open(server.url, forever, policy);

/** Expects an error with a code and a message. */
async function rejects(promise, code, message, retryable) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    if (retryable !== undefined) assert.equal(error.retryable, retryable);
    return true;
  });
}

test("open reads name, size and validator from a request for one byte", async () => {
  const { info } = await open();
  assert.deepEqual(info, { name: "model one.gguf", size: 300_000, validator: '"1"', sha256: "" });
  assert.deepEqual(server.requests, [{ method: "GET", url: "/dir/model%20one.gguf?x=1", range: "bytes=0-0" }]);
});

test("a weak ETag counts as the strong one, and Last-Modified is used without an ETag", async () => {
  server.etag = 'W/"7"';
  assert.equal((await open()).info.validator, '"7"');
  server.etag = "";
  server.headers = { "Last-Modified": "Mon, 23 Nov 2026 00:00:00 GMT" };
  assert.equal((await open()).info.validator, "Mon, 23 Nov 2026 00:00:00 GMT");
});

test("read returns the requested bytes and reports how many have arrived", async () => {
  const source = await open();
  const reports = [];
  const bytes = await source.read(1000, 250_000, forever, (n) => reports.push(n));
  assert.deepEqual(Buffer.from(bytes), server.bytes.subarray(1000, 251_000));
  assert.equal(reports.at(-1), 250_000);
  assert.ok(reports.every((n, i) => i === 0 || n > reports[i - 1]));
});

test("a read continues after a lost connection where it stopped", async () => {
  const source = await open();
  server.next = [breakAfter(100_000), breakAfter(50_000)];
  const bytes = await source.read(0, 300_000, forever, ignore);
  assert.deepEqual(Buffer.from(bytes), server.bytes);
  const starts = server.requests.slice(1).map(({ range }) => Number(/=(\d+)-/.exec(range)[1]));
  assert.equal(starts.length, 3);
  assert.ok(starts[0] === 0 && starts[1] > 0 && starts[2] > starts[1], `${starts}`);
});

test("a read fails after several connections without a byte", async () => {
  const source = await open();
  server.next = Array.from({ length: 10 }, () => (_, response) => response.socket.destroy());
  await rejects(source.read(0, 10, forever, ignore), "connection_lost", /127\.0\.0\.1.*try again/, true);
  assert.ok(server.requests.length < 10);
});

test("a response that ends early counts as a lost connection", async () => {
  const source = await open();
  server.next = [endAfter(10), endAfter(0)];
  assert.deepEqual(Buffer.from(await source.read(0, 100, forever, ignore)), server.bytes.subarray(0, 100));
  assert.deepEqual(
    server.requests.slice(1).map(({ range }) => range),
    ["bytes=0-99", "bytes=10-99", "bytes=10-99"],
  );
});

test("a stalled connection is closed and the request repeated", async () => {
  const source = await open();
  server.next = [(_, response) => response.writeHead(206, { "Content-Range": "bytes 0-9/300000" }).write("12345")];
  const bytes = await source.read(0, 10, forever, ignore);
  assert.equal(bytes.byteLength, 10);
});

test("a server without ranges is an error that names the server", async () => {
  server.next = [
    (request, _, serve) => {
      delete request.headers.range;
      serve();
    },
  ];
  await rejects(open(), "no_ranges", /127\.0\.0\.1:\d+ does not serve parts/, false);
});

test("a missing file, a forbidden one and an unknown status are errors that say so", async () => {
  for (const [responseStatus, code, message] of [
    [404, "not_found", /model%20one\.gguf/],
    [410, "not_found", /no file/],
    [401, "http_status", /login/],
    [403, "http_status", /login/],
    [416, "http_status", /416/],
    [418, "http_status", /418/],
  ]) {
    server.next = [status(responseStatus)];
    await rejects(open(), code, message, false);
  }
});

test("a request to a busy server is repeated", async () => {
  server.next = [status(503), status(429)];
  await open();
  assert.equal(server.requests.length, 3);
  server.next = [status(500), status(500), status(500)];
  await rejects(open(), "http_status", /500/, true);
});

test("without Content-Range the size is read with HEAD, and without that is an error that says so", async () => {
  server.next = [hide];
  assert.equal((await open()).info.size, 300_000);
  assert.deepEqual(
    server.requests.map(({ method }) => method),
    ["GET", "HEAD"],
  );
  server.next = [hide, status(405)];
  await rejects(open(), "no_cors", /Content-Range/);
});

test("a file that changes is an integrity error", async () => {
  const source = await open();
  server.etag = '"2"';
  await rejects(source.read(0, 10, forever, ignore), "integrity", /changed/, true);
  server.etag = '"1"';
  server.bytes = server.bytes.subarray(1);
  await rejects(source.read(0, 10, forever, ignore), "integrity", /changed/, true);
});

test("another range than requested, or more bytes, is an error that says so", async () => {
  const source = await open();
  server.next = [(_, response) => response.writeHead(206, { "Content-Range": "bytes 5-14/300000" }).end("0123456789")];
  await rejects(source.read(0, 10, forever, ignore), "no_ranges", /other parts/);
  server.next = [
    (_, response) => response.writeHead(206, { "Content-Range": "bytes 0-19/300000" }).end("01234567890123456789"),
  ];
  await rejects(source.read(0, 10, forever, ignore), "no_ranges", /other parts/);
});

test("a server without CORS is distinguished from one that cannot be reached", async () => {
  const real = globalThis.fetch;
  try {
    // A browser rejects a cross-origin request without permission, except with no-cors, whose response cannot be read.
    globalThis.fetch = async (url, options) => {
      if (options.mode !== "no-cors") throw new TypeError("Failed to fetch");
      return real(url, options);
    };
    await rejects(open(), "no_cors", /127\.0\.0\.1:\d+ does not allow/, false);
  } finally {
    globalThis.fetch = real;
  }
  await server.close();
  await rejects(open(), "connection_lost", /127\.0\.0\.1:\d+ was lost/, true);
});

test("a malformed address is an error", async () => {
  await rejects(HTTPSource.open("http://", forever, policy), "invalid_request", /http:\/\//);
});

test("an abort ends a read, a delay and an open", async () => {
  const source = await open();
  const during = new AbortController();
  server.next = [
    (_, response) => {
      response.writeHead(206, { "Content-Range": "bytes 0-9/300000" }).write("1");
      during.abort();
    },
  ];
  await rejects(source.read(0, 10, during.signal, ignore), "aborted", /stopped/);
  const slow = await HTTPSource.open(server.url, forever, { ...policy, firstDelay: 60_000 });
  const waiting = new AbortController();
  server.next = [status(503)];
  setTimeout(() => waiting.abort(), 50);
  await rejects(slow.read(0, 10, waiting.signal, ignore), "aborted", /stopped/);
  await rejects(HTTPSource.open(server.url, AbortSignal.abort(), policy), "aborted", /stopped/);
});
