// The bar above the conversation.

import { html, nothing, type TemplateResult } from "lit";
import { icons } from "./icons.js";

/** What the header calls. */
export interface HeaderActions {
  /** Goes back to the chooser. */
  leave(): void;
  /** Starts a new conversation. */
  clear(): void;
}

/** Renders the header; name is the open model's, empty: whether the conversation has no messages. */
export function header(name: string | undefined, empty: boolean, actions: HeaderActions): TemplateResult {
  return html`
    <header part="head">
      <slot name="title">${icons.mark}Outrider</slot>
      <span class="model quiet">${name}</span>
      ${name === undefined ? nothing : buttons(empty, actions)}
    </header>
  `;
}

function buttons(empty: boolean, { leave, clear }: HeaderActions): TemplateResult {
  return html`
    <button class="plain" title="Choose another model" @click=${leave}>${icons.swap}<span>Models</span></button>
    <button class="plain" title="Start a new conversation" ?disabled=${empty}
      @click=${clear}>${icons.pen}<span>New</span></button>
  `;
}
