// A server of one file that a case makes misbehave. It counts what it sends.

import http from "node:http";
import { CHUNK_BYTES } from "./model.mjs";

const PIECE = 256 << 10;
const EXPOSED = "Content-Range, Content-Length, ETag, Last-Modified, Retry-After, X-Linked-ETag, X-Linked-Size";

/** Headers that let pages of every origin read a response. */
const CORS = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED };

/** Waits for some milliseconds. */
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The server. A case sets its members while it runs. */
export class HostileServer {
  /** The file. */
  bytes;
  /**
   * The manifest beside the file, which it answers with 404 if there is none; "reset" closes the connection, and
   * "silence" never answers.
   */
  manifest;
  /** Headers of every response with bytes of the file; those of `cors` come with every response. */
  headers = { ETag: '"1"', "Accept-Ranges": "bytes" };
  cors = CORS;
  /** Handles the requests for the file: (request, response) → promise. */
  trick = (_, response) => response.serve();
  /** Whether the trick also handles HEAD requests. */
  tricksHeads = false;
  /** Every request: {time, method, path, range, status, sent}. */
  log = [];
  /** Bytes of bodies sent so far. */
  sent = 0;
  #http;
  #port = 0;

  constructor(bytes) {
    this.bytes = bytes;
    this.#http = http.createServer((request, response) => this.#handle(request, response));
    this.#http.keepAliveTimeout = 60_000;
  }

  get origin() {
    return `http://127.0.0.1:${this.#port}`;
  }

  get url() {
    return `${this.origin}/models/model.gguf`;
  }

  /** Starts to listen, at the same port as before if it was closed. */
  async listen() {
    await new Promise((ready, failed) => {
      this.#http.once("error", failed);
      this.#http.listen(this.#port, "127.0.0.1", ready);
    });
    this.#port = this.#http.address().port;
    return this;
  }

  /** Breaks every connection and refuses new ones. */
  async close() {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#http.closeAllConnections();
    await closed;
  }

  /** Is away for some milliseconds. */
  async awayFor(milliseconds) {
    await this.close();
    await sleep(milliseconds);
    await this.listen();
  }

  /** Returns how many requests for bytes of the file began in a span of time. */
  requestsBetween(start, end) {
    return this.log.filter(({ time, method }) => method === "GET" && time > start && time < end).length;
  }

  async #handle(request, response) {
    const { method, url } = request;
    const path = new URL(url, this.origin).pathname;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const range = first === undefined ? undefined : { first: Number(first), last: Number(last) };
    const entry = { time: Date.now(), method, path, range, status: 0, sent: 0 };
    this.log.push(entry);
    const answer = new Answer(this, request, response, entry);
    response.on("error", () => {});
    if (path.endsWith(".manifest.json")) return answer.manifest();
    if (method === "HEAD" && !this.tricksHeads) return answer.serve();
    try {
      await this.trick({ ...entry, chunk: chunkOf(range), url, headers: request.headers }, answer);
    } catch {
      response.destroy();
    }
  }
}

/** Returns the chunk that a range is in; -1 for the first byte alone, with which a file is opened. */
const chunkOf = (range) => (!range || range.last === 0 ? -1 : Math.floor(range.first / CHUNK_BYTES));

/** One response of the server. */
class Answer {
  #server;
  #request;
  #response;
  #entry;

  constructor(server, request, response, entry) {
    this.#server = server;
    this.#request = request;
    this.#response = response;
    this.#entry = entry;
  }

  /** Whether the client has closed the connection. */
  get closed() {
    return this.#response.destroyed;
  }

  /** Breaks the connection without an answer. */
  reset() {
    this.#response.socket?.destroy();
  }

  /** Accepts the request and never answers. */
  silence() {}

  manifest() {
    const { manifest } = this.#server;
    if (manifest === "reset") return this.reset();
    if (manifest === "silence") return this.silence();
    this.#head(manifest ? 200 : 404, { "Content-Type": "application/json" });
    this.#response.end(manifest ?? "");
  }

  /** Sends a status without a body, and without CORS headers if `cors` is false. */
  refuse(status, headers = {}, { cors = true } = {}) {
    this.#entry.status = status;
    this.#response.writeHead(status, { ...(cors && this.#server.cors), ...headers }).end();
  }

  /**
   * Serves the requested bytes, changed by: status; headers, of which an undefined one is removed; body, a Buffer in
   * the place of the bytes; bytes, another file; cut, the number of bytes after which the connection breaks; end, that
   * after which the body ends; rate, bytes per second; chunked, no Content-Length.
   */
  async serve({ status, headers, body, bytes = this.#server.bytes, cut, end, rate, chunked } = {}) {
    const { range, method } = this.#entry;
    const { first, last } = range ?? { first: 0, last: bytes.length - 1 };
    const content = body ?? (method === "HEAD" ? Buffer.alloc(0) : bytes.subarray(first, last + 1));
    const all = {
      ...this.#server.headers,
      "Content-Length": method === "HEAD" ? bytes.length : content.length,
      ...(range && { "Content-Range": `bytes ${first}-${Math.min(last, bytes.length - 1)}/${bytes.length}` }),
      ...headers,
      ...((chunked || end !== undefined) && { "Content-Length": undefined }),
    };
    this.#head(status ?? (range ? 206 : 200), all);
    await this.#send(content.subarray(0, cut ?? end), rate);
    if (cut === undefined) return this.#response.end();
    await sleep(20); // the bytes reach the client before the reset
    this.reset();
  }

  #head(status, headers) {
    this.#entry.status = status;
    const all = { ...this.#server.cors, ...headers };
    const present = Object.entries(all).filter(([, value]) => value !== undefined);
    this.#response.writeHead(status, Object.fromEntries(present));
    this.#response.flushHeaders();
  }

  async #send(content, rate) {
    const step = rate ? Math.max(1, Math.floor(rate / 20)) : PIECE;
    for (let at = 0; at < content.length && !this.closed; at += step) {
      const piece = content.subarray(at, at + step);
      const full = !this.#response.write(piece);
      this.#count(piece.length);
      if (rate) await sleep(50);
      if (full && this.#response.writableNeedDrain) await this.#drained(); // bytes that no socket takes are not sent
    }
  }

  #count(bytes) {
    this.#entry.sent += bytes;
    this.#server.sent += bytes;
  }

  #drained() {
    return new Promise((resolve) => {
      const done = () => {
        this.#response.off("drain", done).off("close", done);
        resolve();
      };
      this.#response.on("drain", done).on("close", done);
    });
  }

  /** Has the connection close after this answer, so that the client notices a reset on the next one. */
  closeAfter() {
    this.#response.setHeader("Connection", "close");
    this.#request.socket.setKeepAlive(false);
  }
}
