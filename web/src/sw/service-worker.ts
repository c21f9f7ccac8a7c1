// Keeps the page for offline use: its HTML, scripts, styles, Go programs and the model inside; never other weights, which
// the engine keeps in its own store. A new version waits until the page says "take-over", so that a running page never loses its workers.

import { cleanupOutdatedCaches, getCacheKeyForURL, precacheAndRoute } from "workbox-precaching";
import { partOf } from "./parts.js";

/** What of ServiceWorkerGlobalScope is used here; TypeScript's own declaration excludes the page's. */
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

// Before the routes of workbox, which answer a request for a part with the whole.
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (!request.headers.has("Range") || !getCacheKeyForURL(request.url)) return;
  event.stopImmediatePropagation();
  event.respondWith(partOf(request).then((part) => part ?? fetch(request)));
});
precacheAndRoute(PRECACHE);
cleanupOutdatedCaches();

scope.addEventListener("message", (event) => {
  if (event.data === "take-over") void scope.skipWaiting();
});
