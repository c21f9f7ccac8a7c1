// A file on a server, read in ranges. A read continues after a lost connection where it stopped.
//
// A changed file is noticed by comparing ETag or Last-Modified of each response with those of the first. The request
// header for this purpose, If-Range, is not used: it makes every cross-origin request need a CORS preflight, which the
// servers behind model hubs refuse.

import { aborted, EngineError, throwIfAborted } from "../../errors.js";
import type { FileInfo } from "./chunk-store.js";
import { connectionLost, fetchError, fileChanged, nameOf, sizeHidden, statusError, wrongRange } from "./http-errors.js";
import type { OnBytes, Source } from "./source.js";

/** When a failed request is repeated. */
export interface RetryPolicy {
  /** Consecutive attempts without a single byte before a read fails. */
  maxAttempts: number;
  /** Milliseconds before the second attempt; it doubles for each further one. */
  firstDelay: number;
  /** Milliseconds without a byte before a connection counts as lost. */
  stallTimeout: number;
}

const DEFAULT_RETRY_POLICY: RetryPolicy = { maxAttempts: 6, firstDelay: 500, stallTimeout: 30_000 };

/** A file on a server that supports range requests. */
export class HTTPSource implements Source {
  readonly info: FileInfo;
  readonly #url: string;
  readonly #retryPolicy: RetryPolicy;

  private constructor(url: string, info: FileInfo, policy: RetryPolicy) {
    this.#url = url;
    this.info = info;
    this.#retryPolicy = policy;
  }

  /** Opens a file by requesting one byte, which shows that it exists, its size, and that the server supports ranges. */
  static async open(url: string, signal: AbortSignal, policy = DEFAULT_RETRY_POLICY): Promise<HTTPSource> {
    if (!URL.canParse(url, globalThis.location?.href)) {
      throw new EngineError("invalid_request", `"${url}" is not a web address; give one that begins with https://`);
    }
    return retry(policy, signal, async () => {
      const response = await requestRange(url, 0, 1, signal);
      response.body?.cancel().catch(() => {});
      const size = contentRange(response)?.size ?? (await sizeByHead(url, signal));
      return new HTTPSource(url, { name: nameOf(url), size, validator: validatorOf(response), sha256: "" }, policy);
    });
  }

  /** Reads a range. */
  async read(offset: number, length: number, signal: AbortSignal, onBytes: OnBytes): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    let received = 0;
    await retry(this.#retryPolicy, signal, async (progressed) => {
      const response = await requestRange(this.#url, offset + received, length - received, signal);
      this.#checkResponse(response, offset + received);
      for await (const piece of bodyOf(response, this.#retryPolicy.stallTimeout, signal)) {
        if (piece.length > length - received) throw wrongRange(this.#url);
        bytes.set(piece, received);
        received += piece.length;
        progressed();
        onBytes(received, bytes);
      }
      if (received < length) throw connectionLost(this.#url);
    });
    return bytes.buffer;
  }

  /** Throws if a response has another range than was requested or is of another file. */
  #checkResponse(response: Response, offset: number): void {
    const range = contentRange(response);
    if (range && range.offset !== offset) throw wrongRange(this.#url);
    const validator = validatorOf(response);
    const differs = validator && this.info.validator && validator !== this.info.validator;
    if (differs || (range && range.size !== this.info.size)) throw fileChanged(this.#url, this.info.name);
  }
}

/** Calls attempt until it succeeds, with growing delays. attempt calls progressed when it has received bytes. */
async function retry<T>(
  policy: RetryPolicy,
  signal: AbortSignal,
  attempt: (progressed: () => void) => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await attempt(() => (failures = 0));
    } catch (error) {
      throwIfAborted(signal);
      failures++;
      const retryable = error instanceof EngineError && error.retryable && error.code !== "integrity";
      if (!retryable || failures >= policy.maxAttempts) throw error;
    }
    await delay(policy.firstDelay * 2 ** (failures - 1), signal);
  }
}

/**
 * Requests a range and returns the response if its status is 206. The browser's cache is not used: the store is one.
 */
async function requestRange(url: string, offset: number, length: number, signal: AbortSignal): Promise<Response> {
  const headers = { Range: `bytes=${offset}-${offset + length - 1}` };
  let response: Response;
  try {
    response = await fetch(url, { headers, cache: "no-store", signal });
  } catch {
    throwIfAborted(signal);
    throw await fetchError(url);
  }
  if (response.status === 206) return response;
  response.body?.cancel().catch(() => {});
  throw statusError(url, response.status);
}

/** Returns a file's size from Content-Length, which a server may expose to pages even if it hides Content-Range. */
async function sizeByHead(url: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, { method: "HEAD", cache: "no-store", signal }).catch(() => undefined);
  const size = Number(response?.ok && response.headers.get("Content-Length"));
  if (size > 0) return size;
  throw sizeHidden(url);
}

/** Yields the pieces of a response's body as they arrive. */
async function* bodyOf(response: Response, stallTimeout: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { done, value } = await withStallTimeout(reader.read(), stallTimeout, response.url);
      if (done) return;
      yield value;
    }
  } catch (error) {
    throwIfAborted(signal);
    throw error instanceof EngineError ? error : connectionLost(response.url);
  } finally {
    reader.cancel().catch(() => {});
  }
}

function withStallTimeout<T>(reading: Promise<T>, stallTimeout: number, url: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(connectionLost(url)), stallTimeout);
  });
  return Promise.race([reading, stalled]).finally(() => clearTimeout(timer));
}

function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Returns where a response's body is in the file; undefined if the server does not let pages read Content-Range. */
function contentRange(response: Response): { offset: number; size: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "");
  return match ? { offset: Number(match[1]), size: Number(match[2]) } : undefined;
}

/** Returns ETag or Last-Modified. A weak ETag counts as the strong one: servers that compress make ETags weak. */
function validatorOf(response: Response): string {
  const { headers } = response;
  return headers.get("ETag")?.replace(/^W\//, "") ?? headers.get("Last-Modified") ?? "";
}
