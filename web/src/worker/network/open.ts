// Opens a file on a server: that it exists, its size, that the server sends ranges, and the hash that it publishes.

import type { FileInfo } from "../storage/chunk-store.js";
import { sleep, withTimeout } from "./clock.js";
import { type Answer, exchange } from "./exchange.js";
import { connectionLost, NetworkError, nameOf, sizeHidden, webPage, wrongRange } from "./http-errors.js";
import { type Mirror, Mirrors } from "./mirrors.js";
import type { Network } from "./network.js";
import { OPEN_PATIENCE, Patience } from "./patience.js";
import { beginsLikeHTML, checkRange, contentRange, linkedHash, validatorOf } from "./response.js";

/** Milliseconds after which a file is given up whose server cannot be reached, and the fewest attempts before. */
const MAX_TIME = 20_000;
const MIN_ATTEMPTS = 2;

/** Milliseconds within which a HEAD request must be answered. */
const HEAD_TIMEOUT = 10_000;

/** The first byte of a file. */
const FIRST_BYTE = { offset: 0, length: 1 };

/**
 * Returns what the first of several addresses that answers says about a file. Unlike a read it does not wait for ever:
 * nothing has arrived that would be worth it, and the address may be wrong.
 */
export async function describe(network: Network, urls: readonly string[], signal: AbortSignal): Promise<FileInfo> {
  const mirrors = new Mirrors(network, urls);
  const patience = new Map<Mirror, Patience>();
  const start = network.clock.now();
  for (let attempts = 1; ; attempts++) {
    const mirror = mirrors.best();
    await sleep(network.clock, Math.max(0, mirror.notBefore - network.clock.now()), signal);
    if (!patience.has(mirror)) patience.set(mirror, new Patience(network, mirror.url, OPEN_PATIENCE));
    try {
      return await describeOnce(network, mirror.url, patience.get(mirror)!, signal);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const late = attempts >= MIN_ATTEMPTS * urls.length && network.clock.now() - start >= MAX_TIME;
      judge(network, mirrors, mirror, patience.get(mirror)!, error, late);
    }
  }
}

/** Decides whether a mirror is asked again. Throws if no mirror is left. */
function judge(
  network: Network,
  mirrors: Mirrors,
  mirror: Mirror,
  patience: Patience,
  error: NetworkError,
  late: boolean,
): void {
  if (error.grade === "transient") {
    const tooLong = mirror.origin.wait > MAX_TIME;
    if (late || tooLong) mirrors.fail(mirror, error);
    return;
  }
  const delay = error.grade === "final" ? undefined : patience.suspect();
  if (delay === undefined) mirrors.fail(mirror, error);
  else mirror.notBefore = network.clock.now() + delay;
}

function describeOnce(network: Network, url: string, patience: Patience, signal: AbortSignal): Promise<FileInfo> {
  const request = { url, range: FIRST_BYTE, patience, priority: "foreground" as const, signal, onWaiting: () => {} };
  return exchange(network, { ...request, small: true, maxWait: MAX_TIME }, async (answer) => {
    await checkFirstByte(url, answer);
    return describeResponse(network, url, answer.response, signal);
  });
}

/** Reads the one byte that was requested. */
async function checkFirstByte(url: string, { response, pieces }: Answer): Promise<void> {
  checkRange(url, response, FIRST_BYTE);
  let received = 0;
  for await (const piece of pieces) {
    received += piece.length;
    if (beginsLikeHTML(piece)) throw webPage(url);
    if (received > 1) throw wrongRange(url);
  }
  if (received === 0) throw connectionLost(url);
}

/** Returns what a response says about its file. What a redirect hides, a HEAD request may show. */
async function describeResponse(
  network: Network,
  url: string,
  response: Response,
  signal: AbortSignal,
): Promise<FileInfo> {
  const rangeSize = contentRange(response)?.size;
  const needsHead = rangeSize === undefined || (response.redirected && !linkedHash(response));
  const head = needsHead ? await requestHead(network, url, signal) : undefined;
  const size = rangeSize ?? Number(head?.headers.get("Content-Length") ?? 0);
  if (!(size > 0)) throw sizeHidden(url);
  return { name: nameOf(url), size, validator: validatorOf(response), sha256: publishedHash([response, head], size) };
}

/** Returns the hash that one of the responses publishes for a file of this size; empty if none does. */
function publishedHash(responses: (Response | undefined)[], size: number): string {
  for (const response of responses) {
    const hash = response ? linkedHash(response) : "";
    const linkedSize = response?.headers.get("X-Linked-Size") ?? String(size);
    if (hash && Number(linkedSize) === size) return hash;
  }
  return "";
}

async function requestHead(network: Network, url: string, signal: AbortSignal): Promise<Response | undefined> {
  const response = await withTimeout(network.clock, HEAD_TIMEOUT, signal, (signal) =>
    network.fetch(url, { method: "HEAD", cache: "no-store", signal }).catch(() => undefined),
  );
  return response?.ok ? response : undefined;
}
