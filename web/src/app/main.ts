// The page around <scout-chat>: it chooses the model to start with and keeps the page working offline.

import { type CatalogueModel, catalogue, nano } from "../element/catalogue.js";
import { modelName } from "../element/format.js";
import { ScoutChat } from "../element/scout-chat.js";
import type { Texts } from "../text/texts.js";
import { applyLanguage, fillOffer } from "./language.js";
import { keepModel, lastModel } from "./last-model.js";
import { attachShared, receiveLaunches } from "./launch.js";
import { keepOffline } from "./offline.js";
import { holdPageLock } from "./page-lock.js";

/** Returns the URLs of the GGUF files that this page's own server offers; none if it cannot be reached. */
async function serverModels(): Promise<string[]> {
  try {
    const response = await fetch("models/offered.json", { cache: "no-store" });
    return response.ok ? await response.json() : [];
  } catch {
    return [];
  }
}

/** Starts with a model that the server offers, else the last visit's, else Nano; at #models with the chooser. */
async function start(chat: ScoutChat, { app }: Texts): Promise<void> {
  const offered = (await serverModels()).map((path) => catalogueEntry(path, app.offered));
  chat.catalogue = [...offered, ...catalogue];
  chat.addEventListener("model-loaded", () => {
    keepModel(chat);
    void deleteOldNanos(chat);
  });
  if (offered[0]) chat.model = offered[0].id;
  else if (location.hash !== "#models") await resume(chat);
  delete chat.dataset.starting; // page.css hides the chooser until here
}

function catalogueEntry(path: string, note: string): CatalogueModel {
  const url = new URL(path, location.href).href;
  return { id: url, name: modelName(url), url, bytes: 0, note };
}

/**
 * Opens the model of the last visit if it is stored completely, because opening the page must not start a download from
 * another site. Otherwise opens Nano.
 */
async function resume(chat: ScoutChat): Promise<void> {
  const { model: last, mmproj } = lastModel();
  const model = last ?? nano.id;
  const source = chat.catalogue.find((entry) => entry.id === model)?.url ?? model;
  const stored = model === nano.id ? [] : await chat.engine.models().catch(() => []);
  if (chat.model) return; // the person has chosen one meanwhile
  const complete = stored.some((s) => s.complete && s.id === source);
  if (complete) chat.mmproj = mmproj;
  chat.model = complete ? model : nano.id;
}

/** Deletes from the store the Nanos of earlier versions of the page. */
async function deleteOldNanos(chat: ScoutChat): Promise<void> {
  const [folder] = nano.url.split(/[^/]*$/);
  const isOld = ({ id }: { id: string }) => id.startsWith(`${folder}nano-`) && id !== nano.url && id !== nano.mmproj;
  const stored = await chat.engine.models().catch(() => []);
  await Promise.allSettled(stored.filter(isOld).map(({ id }) => chat.engine.deleteModel(id)));
}

/** Returns once no load is under way. */
async function loadSettled(chat: ScoutChat): Promise<void> {
  await chat.updateComplete;
  if (chat.status !== "loading") return;
  await new Promise((resolve) => chat.addEventListener("status-changed", resolve, { once: true }));
}

holdPageLock(import.meta.url);
await new Promise((resolve) => setTimeout(resolve)); // so that evaluation and first render are two tasks
customElements.define("scout-chat", ScoutChat);
const chat = document.querySelector("scout-chat")!;
receiveLaunches(chat);
const texts = await applyLanguage();
await start(chat, texts);
await loadSettled(chat); // the service worker stores the site, which must not delay the first answer
await attachShared(chat);
const offer = document.querySelector<HTMLElement>("#update")!;
fillOffer(offer, texts);
await keepOffline(offer);
