// Where a person writes a message: the text, its pictures and the button that sends or stops.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { Picture } from "./attachments.js";
import type { Status } from "./events.js";
import { icons } from "./icons.js";
import { thumbnails } from "./thumbnails.js";

/** What the composer calls. */
export interface ComposerActions {
  /** text is the whole text after a change. */
  edit(text: string): void;
  attach(files: File[]): void;
  /** Removes a picture. */
  remove(id: number): void;
  send(): void;
  stop(): void;
}

/** The message being written. */
export interface Draft {
  text: string;
  pictures: readonly Picture[];
  /** Whether a model is open. */
  enabled: boolean;
  /** Whether the model reads pictures. */
  vision: boolean;
  /** Whether the message can be sent: it is not empty, and its pictures are checked. */
  sendable: boolean;
}

/** Renders the composer. */
export function composer(draft: Draft, status: Status, actions: ComposerActions): TemplateResult {
  const keydown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      actions.send();
    }
  };
  const input = (event: InputEvent) => actions.edit((event.target as HTMLTextAreaElement).value);
  return html`
    <div class="composer">
      ${thumbnails(draft.pictures, actions.remove)}
      <div class="line">
        ${draft.vision ? attachButton(actions) : nothing}
        <textarea part="input" rows="1" aria-label="Message" .value=${live(draft.text)} ?disabled=${!draft.enabled}
          placeholder=${draft.enabled ? "Ask anything" : "Choose a model first"}
          @input=${input} @keydown=${keydown}></textarea>
        ${
          status === "generating"
            ? html`<button part="stop" class="round" aria-label="Stop" title="Stop (Escape)"
                @click=${actions.stop}>${icons.stop}</button>`
            : html`<button part="send" class="round" aria-label="Send" title="Send (Enter)"
              ?disabled=${!draft.sendable} @click=${actions.send}>${icons.send}</button>`
        }
      </div>
    </div>
  `;
}

/** Names the formats that some systems do not count among pictures. */
const pictureTypes = "image/*,.avif,.bmp,.heic,.heif,.jxl,.tif,.tiff,.webp";

function attachButton(actions: ComposerActions): TemplateResult {
  const open = (event: Event) => ((event.currentTarget as HTMLElement).nextElementSibling as HTMLInputElement).click();
  const pick = (event: Event) => {
    const input = event.target as HTMLInputElement;
    if (input.files?.length) actions.attach([...input.files]);
    input.value = ""; // the same picture may be picked again
  };
  return html`
    <button part="attach" class="round attach" aria-label="Attach pictures" title="Attach pictures"
      @click=${open}>${icons.picture}</button>
    <input class="picker" type="file" accept=${pictureTypes} multiple hidden @change=${pick} />
  `;
}
