// Pictures from servers that are silent, never end, or fail.

import assert from "node:assert/strict";
import http from "node:http";
import { afterEach, beforeEach, test } from "node:test";
import { fetchPicture } from "../../dist/modules/worker/picture/source.js";
import { fastClock } from "./clocks.mjs";
import { closeServer } from "./range-server.mjs";

const never = new AbortController().signal;
let server, url, handle, sent, closed;
beforeEach(async () => {
  sent = 0;
  server = http.createServer((request, response) => {
    closed = new Promise((resolve) => response.on("close", resolve));
    handle(request, response);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  url = `http://127.0.0.1:${server.address().port}/p.png`;
});
afterEach(() => closeServer(server));

test("a picture arrives whole, from a server and from a data: address", async () => {
  handle = (_, response) => response.end("picture");
  assert.equal(await (await fetchPicture(url, never)).text(), "picture");
  assert.equal(await (await fetchPicture("data:,small", never)).text(), "small");
});

for (const [what, begin] of [
  ["headers", () => {}],
  ["bytes", (response) => response.write("beginning")],
]) {
  test(`a server that sends no more ${what} is named after 30 s, and the connection is closed`, async () => {
    handle = (_, response) => begin(response);
    const start = Date.now();
    await assert.rejects(fetchPicture(url, never, fastClock(100)), {
      code: "connection_lost",
      message: /127\.0\.0\.1:\d+ has sent nothing of the picture for 30 s/,
      retryable: true,
    });
    const seconds = (Date.now() - start) / 10;
    assert.ok(seconds >= 29 && seconds < 60, `${seconds} s`);
    await closed;
  });
}

test("a slow server that does not stop sending is waited for", async () => {
  handle = async (_, response) => {
    for (let i = 0; i < 8; i++) {
      response.write("x");
      await new Promise((resolve) => setTimeout(resolve, 100)); // ten seconds
    }
    response.end();
  };
  assert.equal((await fetchPicture(url, never, fastClock(100))).size, 8);
});

test("a picture that never ends is refused at 256 MB, and the transfer ends with the refusal", async () => {
  const piece = Buffer.alloc(1 << 20);
  handle = (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(piece)) sent += piece.length;
    };
    response.on("drain", more);
    more();
  };
  await assert.rejects(fetchPicture(url, never), { code: "image_too_large" });
  await closed;
  assert.ok(sent < 300e6, `${sent / 1e6} MB`);
});

test("an abort ends the transfer and is no error of the server", async () => {
  const stop = new AbortController();
  handle = (_, response) => response.write("beginning");
  const fetching = fetchPicture(url, stop.signal);
  setTimeout(() => stop.abort(), 50);
  await assert.rejects(fetching, { code: "aborted" });
  await closed;
});
