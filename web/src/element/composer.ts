// Where a person writes a message: the text, its pictures and the button that sends or stops.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { Texts } from "../text/texts.js";
import type { Picture } from "./attachments.js";
import type { Status } from "./events.js";
import { icons } from "./icons.js";
import { isComposing, touches } from "./keyboard.js";
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
export function composer(
  { composer: t }: Texts,
  draft: Draft,
  status: Status,
  actions: ComposerActions,
): TemplateResult {
  const keydown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !isComposing(event) && !touches()) {
      event.preventDefault();
      actions.send();
    }
  };
  const input = (event: InputEvent) => actions.edit((event.target as HTMLTextAreaElement).value);
  return html`
    <div class="composer">
      ${thumbnails(t, draft.pictures, actions.remove)}
      <div class="line">
        ${draft.vision ? attachButton(t, actions) : nothing}
        <textarea part="input" rows="1" dir="auto" enterkeyhint=${touches() ? "enter" : "send"}
          aria-label=${t.message} .value=${live(draft.text)} ?disabled=${!draft.enabled}
          placeholder=${draft.enabled ? t.placeholder : t.placeholderNoModel}
          @input=${input} @keydown=${keydown}></textarea>
        ${
          status === "generating"
            ? html`<button part="stop" class="round" aria-label=${t.stop} title=${t.stopTitle}
                @click=${actions.stop}>${icons.stop}</button>`
            : html`<button part="send" class="round" aria-label=${t.send} title=${touches() ? t.send : t.sendTitle}
              ?disabled=${!draft.sendable} @click=${actions.send}>${icons.send}</button>`
        }
      </div>
    </div>
  `;
}

/** Names the formats that some systems do not count among pictures. */
const pictureTypes = "image/*,.avif,.bmp,.heic,.heif,.jxl,.tif,.tiff,.webp";

function attachButton(t: Texts["composer"], actions: ComposerActions): TemplateResult {
  const open = (event: Event) => ((event.currentTarget as HTMLElement).nextElementSibling as HTMLInputElement).click();
  const pick = (event: Event) => {
    const input = event.target as HTMLInputElement;
    if (input.files?.length) actions.attach([...input.files]);
    input.value = ""; // the same picture may be picked again
  };
  return html`
    <button part="attach" class="round attach" aria-label=${t.attach} title=${t.attach}
      @click=${open}>${icons.picture}</button>
    <input class="picker" type="file" accept=${pictureTypes} multiple hidden @change=${pick} />
  `;
}
