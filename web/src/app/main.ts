// The page around <scout-chat>: which model it starts with, and its life offline.

import { ScoutChat } from "../element/define.js";
import { catalogue } from "../element/catalogue.js";
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

async function start(chat: ScoutChat): Promise<void> {
  const offered = await offeredModels();
  const own = offered.map((path) => {
    const url = new URL(path, location.href).href;
    return { id: url, name: modelName(url), url, bytes: 0, note: "Offered by this server" };
  });
  chat.catalogue = [...own, ...catalogue];
  if (own[0]) chat.model = own[0].id;
  else await resume(chat);
  chat.addEventListener("model-loaded", () => {
    remember(lastModel, chat.model);
    remember(lastVision, chat.mmproj);
  });
}

/** Opens the model of the last visit, if it is still stored whole: a visit must not start a download by itself. */
async function resume(chat: ScoutChat): Promise<void> {
  const model = localStorage.getItem(lastModel);
  if (!model) return;
  const source = chat.catalogue.find((entry) => entry.id === model)?.url ?? model;
  const stored = await chat.engine.models().catch(() => []);
  if (chat.model || !stored.some((s) => s.complete && s.id === source)) return;
  chat.mmproj = localStorage.getItem(lastVision);
  chat.model = model;
}

function remember(key: string, value: string | null): void {
  if (value) localStorage.setItem(key, value);
  else localStorage.removeItem(key);
}

void start(document.querySelector("scout-chat")!);
void keepOffline(document.querySelector("#update")!);
