// Keeps the page working offline: stores its HTML, scripts, styles and Go programs. Weights, also Nano's, are in the
// engine's own store, and requests for them pass. A new version waits until a page posts "take-over", because a running
// page must not lose its workers; "visited" is posted by a page that was opened from the store.

import type { FetchEvent, Scope } from "./scope.js";
import { receiveShared, SHARE_PATH } from "./shared-pictures.js";
import { Versions } from "./versions.js";

const scope = self as unknown as Scope;
const base = scope.registration.scope;
const versions = new Versions(SITE, base);

scope.addEventListener("install", (event) => event.waitUntil(versions.install()));

scope.addEventListener("activate", (event) => {
  event.waitUntil(versions.prune().then(() => scope.clients.claim()));
});

scope.addEventListener("message", (event) => {
  if (event.data === "take-over") event.waitUntil(scope.skipWaiting());
  if (event.data === "visited") event.waitUntil(tidy());
});

/** Stores the rest of this version, and deletes old ones unless a newer one is on its way. */
async function tidy(): Promise<void> {
  const { installing, waiting } = scope.registration;
  if (!installing && !waiting) await versions.prune();
  await versions.complete().catch(() => {}); // the next visit tries again
}

scope.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (!url.startsWith(base)) return;
  const path = url.slice(base.length).replace(/[?#].*/, "");
  if (method === "POST" && path === SHARE_PATH) event.respondWith(receiveShared(event.request, base));
  if (method !== "GET") return;
  if (mode === "navigate") event.respondWith(navigate(event, path));
  // The site's own models have no manifests of hashes. The engine asks for them, also without a network.
  else if (/^assets\/.*\.gguf\.manifest\.json$/.test(path)) event.respondWith(new Response(null, { status: 404 }));
  else if (!/^models\/|\.gguf$/.test(path)) event.respondWith(load(event, path));
});

async function load({ request }: FetchEvent, path: string): Promise<Response> {
  return (await versions.load(path)) ?? fetch(request);
}

/** Returns the page, whatever the query is. Other paths come from the server, or lead to the page without a network. */
async function navigate({ request }: FetchEvent, path: string): Promise<Response> {
  if (path === "" || path === "index.html") return (await versions.match("")) ?? fetch(request);
  try {
    return await fetch(request);
  } catch {
    return Response.redirect(base + new URL(request.url).search);
  }
}
