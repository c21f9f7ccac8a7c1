// Registers the service worker, which keeps the page working offline, and offers new versions of the page.

import { scriptURL } from "../script-url.js";

/** How often a page that stays open looks for a new version, at most. */
const CHECK_INTERVAL = 3600e3; // ms

/**
 * Shows notice, whose button loads the new version, while one is ready. Without service workers the page works online
 * only.
 */
export async function keepOffline(notice: HTMLElement): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return;
  const fromStore = workers.controller !== null;
  const registration = await workers.register(scriptURL("service-worker.js"));
  new UpdateOffer(workers, registration, notice);
  lookForVersions(registration);
  if (fromStore) workers.controller?.postMessage("visited");
}

/** Looks for a new version when the person comes back to the page. Browsers look only when a page is opened. */
function lookForVersions(registration: ServiceWorkerRegistration): void {
  let last = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() < last + CHECK_INTERVAL) return;
    last = Date.now();
    registration.update().catch(() => {}); // offline
  });
}

/** The offer of a new version. Only the page whose button was clicked is loaded again. */
class UpdateOffer {
  readonly #workers: ServiceWorkerContainer;
  readonly #registration: ServiceWorkerRegistration;
  readonly #notice: HTMLElement;
  /** Whether a service worker serves this page. */
  #served: boolean;
  /** Whether another page has made a new version take over. */
  #outdated = false;
  #accepted = false;

  constructor(workers: ServiceWorkerContainer, registration: ServiceWorkerRegistration, notice: HTMLElement) {
    [this.#workers, this.#registration, this.#notice] = [workers, registration, notice];
    this.#served = workers.controller !== null;
    registration.addEventListener("updatefound", this.#onFound);
    workers.addEventListener("controllerchange", this.#onChange);
    notice.querySelector("button")!.addEventListener("click", this.#onClick);
    this.#onFound();
  }

  #onFound = (): void => {
    this.#registration.installing?.addEventListener("statechange", this.#show);
    this.#show();
  };

  #show = (): void => {
    const waiting = this.#registration.waiting && this.#workers.controller;
    this.#notice.hidden = !(waiting || this.#outdated);
  };

  #onChange = (): void => {
    if (this.#accepted) location.reload();
    this.#outdated = this.#served; // the first service worker is no new version
    this.#served = true;
    this.#show();
  };

  #onClick = (): void => {
    const { waiting } = this.#registration;
    this.#accepted = true;
    if (waiting) waiting.postMessage("take-over");
    else location.reload();
  };
}
