import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import { HTTPSource } from "../../dist/modules/worker/network/http-source.js";
import { Network } from "../../dist/modules/worker/network/network.js";
import { fastClock } from "./clocks.mjs";
import { breakAfter, endAfter, hide, rangeServer, status } from "./range-server.mjs";

const forever = new AbortController().signal;
const ignore = () => {};

let server, network;
beforeEach(async () => {
  server = await rangeServer(randomBytes(300_000));
  network = new Network({ clock: fastClock() });
});
afterEach(() => server.close());

const open = (signal = forever) => HTTPSource.open(network, server.url, [], signal);

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

test("a read waits for a server that is away, says so, and continues when it is back", async () => {
  const source = await open();
  server.next = Array.from({ length: 8 }, () => (_, response) => response.socket.destroy());
  const waits = [];
  const bytes = await source.read(0, 10, forever, ignore, { onWaiting: (waiting) => waits.push(waiting) });
  assert.deepEqual(Buffer.from(bytes), server.bytes.subarray(0, 10));
  assert.match(waits[0].cause, /127\.0\.0\.1:\d+ was lost/);
  assert.ok(waits[0].until > 0);
  assert.equal(waits.at(-1), undefined);
});

test("an open fails if the server cannot be reached", async () => {
  await server.close();
  await rejects(open(), "connection_lost", /127\.0\.0\.1.*try again/, true);
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

/** The next n requests are handled so. */
const times = (n, ...handle) => Array.from({ length: n }, () => handle).flat();

test("a server without ranges is an error that names the server", async () => {
  server.next = times(3, (request, _, serve) => {
    delete request.headers.range;
    serve();
  });
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
    server.next = times(3, status(responseStatus));
    await rejects(open(), code, message, false);
  }
});

test("an error does not repeat the secrets of an address", async () => {
  server.next = times(3, status(404));
  await assert.rejects(open(), ({ message }) => !message.includes("x=1"));
});

test("a request to a busy server is repeated", async () => {
  server.next = [status(503), status(429)];
  await open();
  assert.equal(server.requests.length, 3);
  server.next = times(100, status(500));
  await rejects(open(), "http_status", /500/, true);
  assert.ok(server.next.length > 80, "too many requests");
});

test("without Content-Range the size is read with HEAD, and without that is an error that says so", async () => {
  server.next = [hide];
  assert.equal((await open()).info.size, 300_000);
  assert.deepEqual(
    server.requests.map(({ method }) => method),
    ["GET", "HEAD"],
  );
  server.next = times(3, hide, status(405));
  await rejects(open(), "no_cors", /Content-Range/);
});

test("a file whose size changes is an error that says so, if it stays so", async () => {
  const source = await open();
  const { bytes } = server;
  server.next = [
    (_, __, serve) => {
      server.bytes = bytes.subarray(1);
      serve();
      server.bytes = bytes;
    },
  ];
  assert.equal((await source.read(0, 10, forever, ignore)).byteLength, 10);
  server.bytes = bytes.subarray(1);
  await rejects(source.read(0, 10, forever, ignore), "file_changed", /nothing was deleted/, false);
});

test("another ETag is no error as long as bytes that have arrived before are the same", async () => {
  const source = await open();
  await source.read(0, 1000, forever, ignore);
  server.etag = '"2"';
  assert.deepEqual(Buffer.from(await source.read(500, 1000, forever, ignore)), server.bytes.subarray(500, 1500));
  const checks = server.requests.filter(({ range }) => range === "bytes=0-999").length;
  assert.equal(checks, 2, "the first read and one comparison");
  server.bytes = randomBytes(server.bytes.length);
  server.etag = '"3"';
  await rejects(source.read(500, 1000, forever, ignore), "file_changed", /no longer the file/, false);
});

test("a server that sends another ETag each time is not asked for samples for ever", async () => {
  const source = await open();
  await source.read(0, 1000, forever, ignore);
  let n = 10;
  for (let i = 0; i < 20; i++) {
    server.next = times(2, (_, __, serve) => {
      server.etag = `"${n++}"`;
      serve();
    });
    await source.read(5000, 10, forever, ignore);
  }
  assert.equal(server.requests.length, 1 + 1 + 20 + 4);
});

test("another range than requested, or more bytes, is thrown away; if it stays so it is an error", async () => {
  const source = await open();
  const other = (_, response) => response.writeHead(206, { "Content-Range": "bytes 5-14/300000" }).end("0123456789");
  const longer = (_, response) =>
    response.writeHead(206, { "Content-Range": "bytes 0-9/300000" }).end("01234567890123456789");
  const unknown = (_, response) => {
    response.writeHead(206);
    response.write("01234");
    setTimeout(() => response.end("567890123456789"), 20);
  };
  for (const wrong of [other, longer, unknown]) {
    server.next = [wrong];
    const reports = [];
    const bytes = await source.read(0, 10, forever, (n) => reports.push(n));
    assert.deepEqual(Buffer.from(bytes), server.bytes.subarray(0, 10));
    assert.deepEqual(reports, [10], "bytes that were thrown away have been reported");
    server.next = times(4, wrong);
    await rejects(source.read(0, 10, forever, ignore), "no_ranges", /other parts/, false);
  }
});

test("a malformed address is an error", async () => {
  await rejects(HTTPSource.open(network, "http://", [], forever), "invalid_request", /http:\/\//);
});

test("an abort ends a read, a wait and an open", async () => {
  const source = await open();
  const during = new AbortController();
  server.next = [
    (_, response) => {
      response.writeHead(206, { "Content-Range": "bytes 0-9/300000" }).write("1");
      during.abort();
    },
  ];
  await rejects(source.read(0, 10, during.signal, ignore), "aborted", /stopped/);
  const waiting = new AbortController();
  server.next = [(_, response) => response.writeHead(503, { "Retry-After": "3600" }).end()];
  setTimeout(() => waiting.abort(), 50);
  await rejects(source.read(0, 10, waiting.signal, ignore), "aborted", /stopped/);
  await rejects(open(AbortSignal.abort()), "aborted", /stopped/);
});
