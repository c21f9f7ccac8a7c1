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

/** Renders the header; name is the open model's, empty: whether the conversation has no messages. */
export function header(t: Texts, name: string | undefined, empty: boolean, actions: HeaderActions): TemplateResult {
  return html`
    <header part="head">
      <slot name="title">${icons.mark}Outrider</slot>
      <span class="model quiet">${name}</span>
      ${name === undefined ? nothing : buttons(t.header, empty, actions)}
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
