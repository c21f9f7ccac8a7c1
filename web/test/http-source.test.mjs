import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { HTTPSource } from '../../dist/modules/worker/storage/http-source.js';
import { breakAfter, endAfter, hide, rangeServer, status } from './range-server.mjs';

const policy = { maxAttempts: 3, firstDelay: 1, stallTimeout: 200 };
const forever = new AbortController().signal;
const nobody = () => {};

let server;
beforeEach(async () => (server = await rangeServer(randomBytes(300_000))));
afterEach(() => server.close());

const open = () => HTTPSource.open(server.url, forever, policy);

/** Expects a fault of a code whose message says something. */
async function fails(promise, code, says, retryable) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    if (retryable !== undefined) assert.equal(error.retryable, retryable);
    return true;
  });
}

test('open learns name, size and validator from one byte', async () => {
  const { info } = await open();
  assert.deepEqual(info, { name: 'model one.gguf', size: 300_000, validator: '"1"' });
  assert.deepEqual(server.requests, [{ method: 'GET', url: '/dir/model%20one.gguf?x=1', range: 'bytes=0-0' }]);
});

test('a weak ETag is the strong one, a date serves when there is none', async () => {
  server.etag = 'W/"7"';
  assert.equal((await open()).info.validator, '"7"');
  server.etag = '';
  server.headers = { 'Last-Modified': 'Mon, 23 Nov 2026 00:00:00 GMT' };
  assert.equal((await open()).info.validator, 'Mon, 23 Nov 2026 00:00:00 GMT');
});

test('read gives the bytes asked for and says how many have come', async () => {
  const source = await open();
  const heard = [];
  const bytes = await source.read(1000, 250_000, forever, (n) => heard.push(n));
  assert.deepEqual(Buffer.from(bytes), server.bytes.subarray(1000, 251_000));
  assert.equal(heard.at(-1), 250_000);
  assert.ok(heard.every((n, i) => i === 0 || n > heard[i - 1]));
});

test('a lost connection goes on where it stopped', async () => {
  const source = await open();
  server.next = [breakAfter(100_000), breakAfter(50_000)];
  const bytes = await source.read(0, 300_000, forever, nobody);
  assert.deepEqual(Buffer.from(bytes), server.bytes);
  const starts = server.requests.slice(1).map(({ range }) => Number(/=(\d+)-/.exec(range)[1]));
  assert.equal(starts.length, 3);
  assert.ok(starts[0] === 0 && starts[1] > 0 && starts[2] > starts[1], `${starts}`);
});

test('a connection that dies without a byte is given up after some attempts', async () => {
  const source = await open();
  server.next = Array.from({ length: 10 }, () => (_, response) => response.socket.destroy());
  await fails(source.read(0, 10, forever, nobody), 'connection_lost', /127\.0\.0\.1.*try again/, true);
  assert.ok(server.requests.length < 10);
});

test('an answer that ends early counts as a lost connection', async () => {
  const source = await open();
  server.next = [endAfter(10), endAfter(0)];
  assert.deepEqual(Buffer.from(await source.read(0, 100, forever, nobody)), server.bytes.subarray(0, 100));
  assert.deepEqual(server.requests.slice(1).map(({ range }) => range), ['bytes=0-99', 'bytes=10-99', 'bytes=10-99']);
});

test('a stalled connection is dropped and asked again', async () => {
  const source = await open();
  server.next = [(_, response) => response.writeHead(206, { 'Content-Range': 'bytes 0-9/300000' }).write('12345')];
  const bytes = await source.read(0, 10, forever, nobody);
  assert.equal(bytes.byteLength, 10);
});

test('a server without ranges is named', async () => {
  server.next = [(request, _, serve) => (delete request.headers.range, serve())];
  await fails(open(), 'no_ranges', /127\.0\.0\.1:\d+ does not serve parts/, false);
});

test('a missing file, a locked one and an unknown status are named', async () => {
  for (const [code, fault, says] of [
    [404, 'not_found', /model%20one\.gguf/],
    [410, 'not_found', /no file/],
    [401, 'http_status', /login/],
    [403, 'http_status', /login/],
    [416, 'http_status', /416/],
    [418, 'http_status', /418/],
  ]) {
    server.next = [status(code)];
    await fails(open(), fault, says, false);
  }
});

test('a busy server is asked again', async () => {
  server.next = [status(503), status(429)];
  await open();
  assert.equal(server.requests.length, 3);
  server.next = [status(500), status(500), status(500)];
  await fails(open(), 'http_status', /500/, true);
});

test('a server that hides Content-Range is asked for the length, and named when it hides that too', async () => {
  server.next = [hide];
  assert.equal((await open()).info.size, 300_000);
  assert.deepEqual(server.requests.map(({ method }) => method), ['GET', 'HEAD']);
  server.next = [hide, status(405)];
  await fails(open(), 'no_cors', /Content-Range/);
});

test('a file that changes is noticed', async () => {
  const source = await open();
  server.etag = '"2"';
  await fails(source.read(0, 10, forever, nobody), 'integrity', /changed/, true);
  server.etag = '"1"';
  server.bytes = server.bytes.subarray(1);
  await fails(source.read(0, 10, forever, nobody), 'integrity', /changed/, true);
});

test('a server that sends another range, or more than asked for, is named', async () => {
  const source = await open();
  server.next = [(_, response) => response.writeHead(206, { 'Content-Range': 'bytes 5-14/300000' }).end('0123456789')];
  await fails(source.read(0, 10, forever, nobody), 'no_ranges', /other parts/);
  server.next = [(_, response) => response.writeHead(206, { 'Content-Range': 'bytes 0-19/300000' }).end('01234567890123456789')];
  await fails(source.read(0, 10, forever, nobody), 'no_ranges', /other parts/);
});

test('a server without CORS is told from a dead one', async () => {
  const real = globalThis.fetch;
  try {
    // A browser refuses a cross-origin answer without permission, and lets an unreadable one through.
    globalThis.fetch = async (url, options) => {
      if (options.mode !== 'no-cors') throw new TypeError('Failed to fetch');
      return real(url, options);
    };
    await fails(open(), 'no_cors', /127\.0\.0\.1:\d+ does not allow/, false);
  } finally {
    globalThis.fetch = real;
  }
  await server.close();
  await fails(open(), 'connection_lost', /127\.0\.0\.1:\d+ was lost/, true);
});

test('what is no address is refused', async () => {
  await fails(HTTPSource.open('http://', forever, policy), 'invalid_request', /http:\/\//);
});

test('an abort ends a read, a pause and an open', async () => {
  const source = await open();
  const during = new AbortController();
  server.next = [(_, response) => (response.writeHead(206, { 'Content-Range': 'bytes 0-9/300000' }).write('1'), during.abort())];
  await fails(source.read(0, 10, during.signal, nobody), 'aborted', /stopped/);
  const slow = await HTTPSource.open(server.url, forever, { ...policy, firstDelay: 60_000 });
  const pausing = new AbortController();
  server.next = [status(503)];
  setTimeout(() => pausing.abort(), 50);
  await fails(slow.read(0, 10, pausing.signal, nobody), 'aborted', /stopped/);
  await fails(HTTPSource.open(server.url, AbortSignal.abort(), policy), 'aborted', /stopped/);
});
