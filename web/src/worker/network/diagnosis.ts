// Why does fetch reject? It rejects with the same TypeError for a lost connection, a server without CORS, a compressed
// range and a circle of redirects. Requests of other kinds, which fetch treats differently, distinguish them:
//
//                        HEAD   HEAD of a range   HEAD, no-cors   HEAD, redirects not followed
//   connection lost      fails  fails             fails           fails
//   compressed ranges    works  fails             works           works
//   no CORS              fails  fails             works           fails
//   circle of redirects  fails  fails             fails           works, at least five times as fast
//
// A browser rejects a compressed range because it asks for ranges with Accept-Encoding: identity. It ends a circle
// after 20 redirects. An address that redirects to a server that is down differs from a circle in the time alone.

import { withTimeout } from "./clock.js";
import { compressedRanges, corsError, type NetworkError, tooManyRedirects } from "./http-errors.js";
import type { Network } from "./network.js";
import type { Range } from "./response.js";

/** Milliseconds after which a probe counts as failed. */
const TIMEOUT = 10_000;

/** By which factors a circle of 20 redirects may be slower than one redirect. */
const MIN_CIRCLE = 5;
const MAX_CIRCLE = 100;

/**
 * Returns what is wrong with a server on one of whose ranges fetch rejects; undefined for a connection that was lost.
 * `took` is how many milliseconds the rejected fetch took. One answer may be chance when connections break often.
 */
export async function diagnose(
  network: Network,
  url: string,
  { offset, length }: Range,
  took: number,
  signal: AbortSignal,
): Promise<NetworkError | undefined> {
  const head = await probe(network, url, {}, signal);
  if (head.response) {
    const range = await probe(network, url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } }, signal);
    return range.response ? undefined : compressedRanges(url);
  }
  const opaque = await probe(network, url, { mode: "no-cors" }, signal);
  if (opaque.response) return corsError(url);
  const redirect = await redirectTime(network, url, signal);
  const factor = Math.min(took, head.took, opaque.took) / redirect;
  return factor >= MIN_CIRCLE && factor <= MAX_CIRCLE ? tooManyRedirects(url) : undefined;
}

/** Returns the milliseconds of one redirect of an address; Infinity if it does not redirect. */
async function redirectTime(network: Network, url: string, signal: AbortSignal): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const { response, took } = await probe(network, url, { redirect: "manual" }, signal);
    if (response?.type !== "opaqueredirect") return Number.POSITIVE_INFINITY;
    fastest = Math.min(fastest, Math.max(took, 0.1));
  }
  return fastest;
}

interface Probe {
  response?: Response | undefined;
  /** Milliseconds. */
  took: number;
}

async function probe(network: Network, url: string, init: RequestInit, signal: AbortSignal): Promise<Probe> {
  const start = performance.now();
  const response = await withTimeout(network.clock, TIMEOUT, signal, (signal) =>
    network.fetch(url, { method: "HEAD", cache: "no-store", ...init, signal }).catch(() => undefined),
  );
  return { response, took: performance.now() - start };
}
