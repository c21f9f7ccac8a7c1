// Registers the service worker, which keeps the page working offline, and offers new versions of the page.

/**
 * Shows notice, whose button loads the new version, while one is ready. Without service workers the page works online
 * only.
 */
export async function keepOffline(notice: HTMLElement): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register("/service-worker.js", { type: "module" });
  const offer = () => (notice.hidden = !(registration.waiting && navigator.serviceWorker.controller));
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  offer();
  notice.querySelector("button")!.addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    registration.waiting?.postMessage("take-over");
  });
}
