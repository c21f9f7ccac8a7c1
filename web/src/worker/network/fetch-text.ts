// Fetches small texts that are beside a model: manifests of hashes, lists of a hub.

import { aborted, throwIfAborted } from "../../errors.js";
import { sleep, withTimeout } from "./clock.js";
import { connectionLost, type NetworkError, statusError } from "./http-errors.js";
import type { Network } from "./network.js";
import { beginsLikeHTML, isHTML, retryAfter } from "./response.js";

/**
 * Milliseconds within which the whole text must arrive, and the longest wait that a server may ask for. A server that
 * is silent for so long is not asked again: the model waits.
 */
const TIMEOUT = 10_000;

/** Milliseconds between the attempts. */
const DELAYS = [300, 1000, 3000];

/** After so many rejected requests a server that answers opaquely counts as one that refuses. */
const MAX_REJECTIONS = 3;

/**
 * Returns a text of at most maxBytes; undefined if the server has none or refuses it, also if it refuses without CORS.
 * Errors: connection_lost and http_status, retryable; aborted.
 */
export async function fetchText(
  network: Network,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const start = network.clock.now();
  for (let attempt = 0; ; attempt++) {
    const outcome = await tryOnce(network, url, maxBytes, signal);
    throwIfAborted(signal);
    if (!outcome.error) return outcome.text;
    const { code, retryAfter } = outcome.error;
    const rejected = code === "connection_lost" && attempt + 1 >= MAX_REJECTIONS;
    if (rejected && (await answersOpaquely(network, url, signal))) return undefined;
    const delay = DELAYS[attempt];
    if (delay === undefined || network.clock.now() - start >= TIMEOUT) throw outcome.error;
    await sleep(network.clock, Math.min(TIMEOUT, Math.max(delay, retryAfter)), signal);
  }
}

interface Outcome {
  text?: string | undefined;
  error?: NetworkError;
}

async function tryOnce(network: Network, url: string, maxBytes: number, signal: AbortSignal): Promise<Outcome> {
  try {
    return await withTimeout(network.clock, TIMEOUT, signal, async (signal) => {
      const response = await network.fetch(url, { cache: "no-store", signal });
      if (response.ok) return { text: await readText(response, maxBytes) };
      response.body?.cancel().catch(() => {});
      const error = statusError(url, response.status, retryAfter(response, network.clock.now()));
      return error.grade === "transient" ? { error } : {};
    });
  } catch {
    return { error: connectionLost(url) };
  }
}

/** Returns a body as text; undefined if it is longer than maxBytes, no UTF-8, or a web page. */
async function readText(response: Response, maxBytes: number): Promise<string | undefined> {
  const bytes = isHTML(response) ? undefined : await readBytes(response, maxBytes);
  if (!bytes || beginsLikeHTML(bytes)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns a body; undefined if it is longer than maxBytes. */
async function readBytes(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(maxBytes);
  const reader = response.body!.getReader();
  for (let received = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, received);
    if (received + value.length > maxBytes) {
      reader.cancel().catch(() => {});
      return undefined;
    }
    bytes.set(value, received);
    received += value.length;
  }
}

/** Reports whether a server answers a request whose response pages cannot read. */
async function answersOpaquely(network: Network, url: string, signal: AbortSignal): Promise<boolean> {
  const response = await withTimeout(network.clock, TIMEOUT, signal, (signal) =>
    network.fetch(url, { method: "HEAD", mode: "no-cors", cache: "no-store", signal }).catch(() => undefined),
  );
  if (signal.aborted) throw aborted();
  return response !== undefined;
}
