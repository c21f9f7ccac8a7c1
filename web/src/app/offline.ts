// Registers the service worker and offers a new version of the page when there is one.

/** notice is shown, with its button, while a new version waits. Without service workers the page works online only. */
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
