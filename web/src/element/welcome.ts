// An empty conversation: what the open model is, questions that it answers, and with Nano the way to Llama 4 Scout.

import { html, nothing, type TemplateResult } from "lit";
import type { LoadSource } from "../client/engine.js";
import type { StoredModel } from "../protocol.js";
import type { Texts } from "../text/texts.js";
import { type CatalogueModel, entryOf, nano, SCOUT } from "./catalogue.js";
import { modelName } from "./format.js";
import { isVisionFile } from "./local-files.js";

/** What the welcome calls. */
export interface WelcomeActions {
  /** Sends a question. */
  ask(question: string): void;
  /** Begins to load a model by its catalogue id or its id in the store. */
  get(model: string): void;
}

/** What there is to choose from. */
export interface WelcomeModels {
  /** What the open model was loaded from. */
  readonly source: LoadSource;
  readonly offered: readonly CatalogueModel[];
  readonly stored: readonly StoredModel[];
  /** Whether another model is being downloaded already. */
  readonly busy: boolean;
}

/** Renders what an empty conversation shows. */
export function welcome(t: Texts, models: WelcomeModels, actions: WelcomeActions): TemplateResult {
  const entry = entryOf(models.source, models.offered);
  return html`
    <div part="welcome" class="welcome">
      <p class="empty">${t.conversation.greeting}</p>
      ${entry === nano ? html`<p class="quiet">${t.welcome.nano}</p>` : nothing}
      ${entry?.suggestions?.length ? suggestions(entry.suggestions, actions) : nothing}
      ${models.busy ? nothing : offers(t, models, entry, actions)}
    </div>
  `;
}

/** Renders the downloads that were not finished, and with Nano the offer of Scout. */
function offers(
  t: Texts,
  { offered, stored }: WelcomeModels,
  entry: CatalogueModel | undefined,
  actions: WelcomeActions,
): unknown {
  const unfinished = stored.filter((model) => isUnfinished(model) && model.id !== entry?.url).slice(0, 3);
  const scout = entry === nano ? offered.find(({ id }) => id === SCOUT) : undefined;
  const offersScout = scout && !unfinished.some(({ id }) => id === scout.url);
  return [
    ...unfinished.map((model) => unfinishedOffer(t, model, entryOf(model.id, offered), actions)),
    offersScout ? offer(t, scout, actions) : nothing,
  ];
}

/** Reports whether a download has begun in earnest and was not finished. A preflight leaves only the headers. */
function isUnfinished(model: StoredModel): boolean {
  return !model.complete && !isVisionFile(model.name) && percentOf(model) >= 1;
}

function percentOf({ bytesStored, bytesTotal }: StoredModel): number {
  return bytesTotal > 0 ? Math.floor((100 * bytesStored) / bytesTotal) : 0;
}

function suggestions(questions: readonly string[], { ask }: WelcomeActions): TemplateResult {
  return html`
    <ul class="suggestions">
      ${questions.map(
        (question) => html`<li><button part="suggestion" class="soft" lang="en" dir="auto"
          @click=${() => ask(question)}>${question}</button></li>`,
      )}
    </ul>
  `;
}

function unfinishedOffer(
  t: Texts,
  model: StoredModel,
  entry: CatalogueModel | undefined,
  { get }: WelcomeActions,
): TemplateResult {
  const name = entry?.name ?? modelName(model.name);
  return html`
    <button part="unfinished" class="get" @click=${() => get(entry?.id ?? model.id)}>
      <span class="name" dir="auto">${t.welcome.continue(name, percentOf(model))}</span>
      <span class="quiet">${t.welcome.continueNote(model.bytesTotal - model.bytesStored)}</span>
    </button>
  `;
}

function offer(t: Texts, { id, name }: CatalogueModel, { get }: WelcomeActions): TemplateResult {
  return html`
    <button part="get" class="get" @click=${() => get(id)}>
      <span class="name">${t.welcome.get(name)}</span>
      <span class="quiet">${t.chooser.notes[id]}. ${t.welcome.getNote}</span>
    </button>
  `;
}
