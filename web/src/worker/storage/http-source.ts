// A file on a server, read in ranges. Each way a server can fail us has its own fault, and a lost connection goes on
// where it stopped.
//
// A changed file is noticed by comparing what each answer says about itself with what the first one said. The header
// made for this, If-Range, would turn every cross-origin request into one that needs a preflight, which the servers
// behind model hubs refuse; ETag and Last-Modified of the answer tell the same.

import type { FileInfo } from "./chunk-store.js";
import { aborted, EngineError, throwIfAborted } from "../../errors.js";
import type { Source } from "./source.js";

export interface RetryPolicy {
  /** Attempts in a row without a single byte before giving up. */
  maxAttempts: number;
  /** Milliseconds before the second attempt; doubled for each one after. */
  firstDelay: number;
  /** Milliseconds without a byte before a connection counts as lost. */
  stallTimeout: number;
}

const DEFAULT_RETRY_POLICY: RetryPolicy = { maxAttempts: 6, firstDelay: 500, stallTimeout: 30_000 };

export class HTTPSource implements Source {
  readonly info: FileInfo;
  readonly #url: string;
  readonly #retryPolicy: RetryPolicy;

  private constructor(url: string, info: FileInfo, policy: RetryPolicy) {
    this.#url = url;
    this.info = info;
    this.#retryPolicy = policy;
  }

  /** Asks for one byte: that shows whether the file is there, its size, and whether the server knows ranges. */
  static async open(url: string, signal: AbortSignal, policy = DEFAULT_RETRY_POLICY): Promise<HTTPSource> {
    if (!URL.canParse(url, globalThis.location?.href)) {
      throw new EngineError("invalid_request", `"${url}" is not a web address; give one that begins with https://`);
    }
    return retrying(policy, signal, async () => {
      const response = await request(url, 0, 1, signal);
      response.body?.cancel().catch(() => {});
      const size = rangeOf(response)?.size ?? (await sizeByHead(url, signal));
      return new HTTPSource(url, { name: nameOf(url), size, validator: validatorOf(response) }, policy);
    });
  }

  async read(offset: number, length: number, signal: AbortSignal, onBytes: (received: number) => void): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    let received = 0;
    const attempt = async (progressed: () => void) => {
      const response = await request(this.#url, offset + received, length - received, signal);
      this.#checkUnchanged(response, offset + received);
      for await (const piece of body(response, this.#retryPolicy.stallTimeout, signal)) {
        if (piece.length > length - received) throw badRange(this.#url);
        bytes.set(piece, received);
        received += piece.length;
        progressed();
        onBytes(received);
      }
      if (received < length) throw lost(this.#url);
    };
    await retrying(this.#retryPolicy, signal, attempt);
    return bytes.buffer;
  }

  #checkUnchanged(response: Response, from: number): void {
    const range = rangeOf(response);
    if (range && range.from !== from) throw badRange(this.#url);
    const validator = validatorOf(response);
    const other = validator && this.info.validator && validator !== this.info.validator;
    if (other || (range && range.size !== this.info.size)) {
      throw new EngineError("integrity", `${this.info.name} changed on ${hostOf(this.#url)} during the download; load the model again to start over`, { retryable: true });
    }
  }
}

/** Runs attempt until it succeeds, with growing pauses; an attempt that got some bytes starts the count afresh. */
async function retrying<T>(policy: RetryPolicy, signal: AbortSignal, attempt: (progressed: () => void) => Promise<T>): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await attempt(() => (failures = 0));
    } catch (error) {
      throwIfAborted(signal);
      failures++;
      const retryable = error instanceof EngineError && error.retryable && error.code !== "integrity";
      if (!retryable || failures >= policy.maxAttempts) throw error;
    }
    await pause(policy.firstDelay * 2 ** (failures - 1), signal);
  }
}

/** Asks for a range and gives the answer if it is one. The browser's own cache is left out: the store is the cache. */
async function request(url: string, offset: number, length: number, signal: AbortSignal): Promise<Response> {
  const headers = { Range: `bytes=${offset}-${offset + length - 1}` };
  let response: Response;
  try {
    response = await fetch(url, { headers, cache: "no-store", signal });
  } catch {
    throwIfAborted(signal);
    throw await unreachable(url);
  }
  if (response.status === 206) return response;
  response.body?.cancel().catch(() => {});
  throw refusal(url, response.status);
}

/** What an answer other than 206 means. */
function refusal(url: string, status: number): EngineError {
  const host = hostOf(url);
  switch (status) {
    case 200:
      return new EngineError("no_ranges", `${host} does not serve parts of files (HTTP ranges); download the file and open it from disk, or use another server`);
    case 404:
    case 410:
      return new EngineError("not_found", `${host} has no file at ${url}; check the address`);
    case 401:
    case 403:
      return new EngineError("http_status", `${host} does not serve ${nameOf(url)} (status ${status}); it may need a login or an accepted licence; download the file there and open it from disk`);
    case 416:
      return new EngineError("http_status", `${nameOf(url)} on ${host} is empty or shorter than expected (status 416); check the address`);
  }
  const again = status === 408 || status === 429 || status >= 500;
  return new EngineError("http_status", `${host} answered with status ${status}; try again later`, { retryable: again });
}

/**
 * fetch says only "TypeError" for a dead network and for a server without CORS. A request that needs no permission
 * tells them apart: it succeeds, unreadable, when the server can be reached.
 */
async function unreachable(url: string): Promise<EngineError> {
  try {
    await fetch(url, { method: "HEAD", mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(10_000) });
  } catch {
    return lost(url);
  }
  return new EngineError("no_cors", `${hostOf(url)} does not allow other web pages to read its files (CORS); download the file and open it from disk, or use another server`);
}

/** A server that hides Content-Range from pages may still show the length of the whole. */
async function sizeByHead(url: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, { method: "HEAD", cache: "no-store", signal }).catch(() => undefined);
  const size = Number(response?.ok && response.headers.get("Content-Length"));
  if (size > 0) return size;
  throw new EngineError("no_cors", `${hostOf(url)} hides the size of the file from web pages: its CORS settings must expose Content-Range; download the file and open it from disk`);
}

/** The pieces of an answer as they arrive. */
async function* body(response: Response, stall: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { done, value } = await orStall(reader.read(), stall, response.url);
      if (done) return;
      yield value;
    }
  } catch (error) {
    throwIfAborted(signal);
    throw error instanceof EngineError ? error : lost(response.url);
  } finally {
    reader.cancel().catch(() => {});
  }
}

function orStall<T>(reading: Promise<T>, stall: number, url: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(lost(url)), stall);
  });
  return Promise.race([reading, stalled]).finally(() => clearTimeout(timer));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => (clearTimeout(timer), reject(aborted()));
    const timer = setTimeout(() => (signal.removeEventListener("abort", stop), resolve()), milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Where an answer lies in the file, if the server lets us see it. */
function rangeOf(response: Response): { from: number; size: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "");
  return match ? { from: Number(match[1]), size: Number(match[2]) } : undefined;
}

/** A weak ETag names the same bytes as its strong form when a server compresses on the way. */
function validatorOf(response: Response): string {
  const { headers } = response;
  return headers.get("ETag")?.replace(/^W\//, "") ?? headers.get("Last-Modified") ?? "";
}

const lost = (url: string) =>
  new EngineError("connection_lost", `the connection to ${hostOf(url)} was lost; what has arrived is kept; try again to go on from there`, { retryable: true });

const badRange = (url: string) =>
  new EngineError("no_ranges", `${hostOf(url)} answers with other parts of the file than asked for; download the file and open it from disk`);

const hostOf = (url: string) => new URL(url, globalThis.location?.href).host;

function nameOf(url: string): string {
  const { pathname } = new URL(url, globalThis.location?.href);
  const name = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a stray percent sign
  }
}
