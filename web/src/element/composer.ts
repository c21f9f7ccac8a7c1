// The field one writes in, with the button that sends or stops.

import { html, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { icons } from "./icons.js";
import type { Status } from "./events.js";

export interface ComposerActions {
  edit(text: string): void;
  send(): void;
  stop(): void;
}

/** enabled: a model is there to answer. */
export function composer(draft: string, status: Status, enabled: boolean, actions: ComposerActions): TemplateResult {
  const keydown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      actions.send();
    }
  };
  const input = (event: InputEvent) => actions.edit((event.target as HTMLTextAreaElement).value);
  return html`
    <div class="composer">
      <textarea part="input" rows="1" aria-label="Message" .value=${live(draft)} ?disabled=${!enabled}
        placeholder=${enabled ? "Ask anything" : "Choose a model first"} @input=${input} @keydown=${keydown}></textarea>
      ${status === "generating"
        ? html`<button part="stop" class="round" aria-label="Stop" title="Stop (Escape)" @click=${actions.stop}>${icons.stop}</button>`
        : html`<button part="send" class="round" aria-label="Send" title="Send (Enter)"
            ?disabled=${!enabled || draft.trim() === ""} @click=${actions.send}>${icons.send}</button>`}
    </div>
  `;
}
