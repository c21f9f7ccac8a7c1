// Keeps the page for offline use: its HTML, scripts, styles and main.wasm, never weights, which the engine keeps in
// its own store. A new version waits until the page says "take-over", so that a running page never loses its workers.

import { cleanupOutdatedCaches, precacheAndRoute } from "workbox-precaching";

/** What of ServiceWorkerGlobalScope is used here; TypeScript's own declaration excludes the page's. */
interface Scope {
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  skipWaiting(): Promise<void>;
}

const scope = self as unknown as Scope;

precacheAndRoute(PRECACHE);
cleanupOutdatedCaches();

scope.addEventListener("message", (event) => {
  if (event.data === "take-over") void scope.skipWaiting();
});
