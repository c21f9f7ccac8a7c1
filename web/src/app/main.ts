// The page around <scout-chat>: which model it starts with, and its life offline.

import { ScoutChat } from "../element/define.js";
import { catalogue, nano } from "../element/catalogue.js";
import { modelName } from "../element/format.js";
import { keepOffline } from "./offline.js";

const lastModel = "outrider.model";
const lastVision = "outrider.mmproj";

/** The models that the server of this page offers itself: URLs of GGUF files. None when it cannot be reached. */
async function offeredModels(): Promise<string[]> {
  try {
    const response = await fetch("/models/offered.json", { cache: "no-store" });
    return response.ok ? await response.json() : [];
  } catch {
    return [];
  }
}

/** Starts with the server's own model, or the last visit's, or Nano; at #models with the list of models. */
async function start(chat: ScoutChat): Promise<void> {
  const offered = await offeredModels();
  const own = offered.map((path) => {
    const url = new URL(path, location.href).href;
    return { id: url, name: modelName(url), url, bytes: 0, note: "Offered by this server" };
  });
  chat.catalogue = [...own, ...catalogue];
  chat.addEventListener("model-loaded", () => {
    remember(lastModel, chat.model);
    remember(lastVision, chat.mmproj);
    void forgetOldNanos(chat);
  });
  if (own[0]) chat.model = own[0].id;
  else if (location.hash !== "#models") await resume(chat);
}

/**
 * Opens the model of the last visit, if it is still stored whole: a visit must not start a download from elsewhere by
 * itself. Otherwise opens the model that came with the page.
 */
async function resume(chat: ScoutChat): Promise<void> {
  const model = localStorage.getItem(lastModel) ?? nano.id;
  const source = chat.catalogue.find((entry) => entry.id === model)?.url ?? model;
  const stored = model === nano.id ? [] : await chat.engine.models().catch(() => []);
  if (chat.model) return; // the person was faster
  const whole = stored.some((s) => s.complete && s.id === source);
  if (whole) chat.mmproj = localStorage.getItem(lastVision);
  chat.model = whole ? model : nano.id;
}

/** Deletes what the store keeps of Nanos that came with earlier versions of the page. */
async function forgetOldNanos(chat: ScoutChat): Promise<void> {
  const [kind] = nano.url.split(/[^/]*$/);
  const old = ({ id }: { id: string }) => id.startsWith(`${kind}nano-`) && id !== nano.url && id !== nano.mmproj;
  const stored = await chat.engine.models().catch(() => []);
  await Promise.allSettled(stored.filter(old).map(({ id }) => chat.engine.deleteModel(id)));
}

function remember(key: string, value: string | null): void {
  if (value) localStorage.setItem(key, value);
  else localStorage.removeItem(key);
}

/** The end of the load under way, if there is one. */
async function settled(chat: ScoutChat): Promise<void> {
  await chat.updateComplete;
  if (chat.status === "loading") await new Promise((resolve) => chat.addEventListener("status-changed", resolve, { once: true }));
}

const chat = document.querySelector("scout-chat")!;
await start(chat);
await settled(chat); // what is kept for offline use is fetched once more, which must not hold up the first answer
await keepOffline(document.querySelector("#update")!);
