// The bar above the conversation.

import { html, nothing, type TemplateResult } from "lit";
import type { Texts } from "../text/texts.js";
import { icons } from "./icons.js";

/** What the header calls. */
export interface HeaderActions {
  /** Goes back to the chooser. */
  leave(): void;
  /** Starts a new conversation. */
  clear(): void;
}

/** What the header shows. */
export interface HeaderState {
  /** The open model's name. */
  name: string | undefined;
  /** Whether a conversation is shown, and not the chooser. */
  conversation: boolean;
  /** Whether the conversation has no messages. */
  empty: boolean;
  /** The button that shows the list of conversations. */
  list: unknown;
}

/** Renders the header. */
export function header(t: Texts, state: HeaderState, actions: HeaderActions): TemplateResult {
  return html`
    <header part="head">
      ${state.list}
      <span class="title">${icons.mark}<slot name="title">Outrider</slot></span>
      <span class="model quiet" dir="auto">${state.name}</span>
      ${state.conversation ? buttons(t.header, state.empty, actions) : nothing}
    </header>
  `;
}

function buttons(t: Texts["header"], empty: boolean, { leave, clear }: HeaderActions): TemplateResult {
  return html`
    <button class="plain" title=${t.modelsTitle} @click=${leave}>${icons.swap}<span>${t.models}</span></button>
    <button class="plain" title=${t.clearTitle} ?disabled=${empty}
      @click=${clear}>${icons.pen}<span>${t.clear}</span></button>
  `;
}
