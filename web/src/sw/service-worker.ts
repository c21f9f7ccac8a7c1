// Stores the page for offline use: its HTML, scripts, styles, Go programs and Nano, the model that is part of the site.
// Weights of other models are in the engine's own store. A new version waits until the page posts "take-over", because
// a running page must not lose its workers.

import { cleanupOutdatedCaches, getCacheKeyForURL, precacheAndRoute } from "workbox-precaching";
import { rangeResponse } from "./ranges.js";

/** The part of ServiceWorkerGlobalScope that is used here; TypeScript's own declaration excludes the page's. */
interface Scope {
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  skipWaiting(): Promise<void>;
}

interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const scope = self as unknown as Scope;

// The site's own files have no manifests of hashes. The engine asks for them, also without a network.
const MANIFEST = ".manifest.json";

// These come before workbox's routes, which answer a request for a range with the whole file.
scope.addEventListener("fetch", (event) => {
  const { url } = event.request;
  if (!url.endsWith(MANIFEST) || !getCacheKeyForURL(url.slice(0, -MANIFEST.length))) return;
  event.stopImmediatePropagation();
  event.respondWith(Promise.resolve(new Response(null, { status: 404 })));
});
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (!request.headers.has("Range") || !getCacheKeyForURL(request.url)) return;
  event.stopImmediatePropagation();
  event.respondWith(rangeResponse(request).then((response) => response ?? fetch(request)));
});
precacheAndRoute(PRECACHE);
cleanupOutdatedCaches();

scope.addEventListener("message", (event) => {
  if (event.data === "take-over") void scope.skipWaiting();
});
