// An empty conversation: what the open model is, questions that it answers, and with Nano the way to Llama 4 Scout.

import { html, nothing, type TemplateResult } from "lit";
import { isPair, type LoadSource } from "../client/engine.js";
import type { Texts } from "../text/texts.js";
import { type CatalogueModel, nano, SCOUT } from "./catalogue.js";

/** What the welcome calls. */
export interface WelcomeActions {
  /** Sends a question. */
  ask(question: string): void;
  /** Begins to load a model of the catalogue. */
  get(model: string): void;
}

/** Renders what an empty conversation shows; source is what the open model was loaded from. */
export function welcome(
  t: Texts,
  source: LoadSource,
  offered: readonly CatalogueModel[],
  actions: WelcomeActions,
): TemplateResult {
  const entry = entryOf(source, offered);
  const scout = entry === nano ? offered.find(({ id }) => id === SCOUT) : undefined;
  return html`
    <div part="welcome" class="welcome">
      <p class="empty">${t.conversation.greeting}</p>
      ${entry === nano ? html`<p class="quiet">${t.welcome.nano}</p>` : nothing}
      ${entry?.suggestions?.length ? suggestions(entry.suggestions, actions) : nothing}
      ${scout ? offer(t, scout, actions) : nothing}
    </div>
  `;
}

/** Returns the entry of the catalogue that a model was loaded from. */
function entryOf(source: LoadSource, offered: readonly CatalogueModel[]): CatalogueModel | undefined {
  const model = isPair(source) ? source.model : source;
  return offered.find(({ url }) => url === model);
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

function offer(t: Texts, { id, name }: CatalogueModel, { get }: WelcomeActions): TemplateResult {
  return html`
    <button part="get" class="get" @click=${() => get(id)}>
      <span class="name">${t.welcome.get(name)}</span>
      <span class="quiet">${t.chooser.notes[id]}. ${t.welcome.getNote}</span>
    </button>
  `;
}
