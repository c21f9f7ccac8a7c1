// Small views of attached pictures.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Texts } from "../text/texts.js";
import type { Picture } from "./attachments.js";
import { icons } from "./icons.js";

/**
 * Renders pictures in a row; with remove, each has a button that calls it. Browsers apply the EXIF orientation of
 * photos.
 */
export function thumbnails(
  t: Texts["composer"],
  pictures: readonly Picture[],
  remove?: (id: number) => void,
): TemplateResult | typeof nothing {
  if (pictures.length === 0) return nothing;
  return html`<ul part="thumbnails" class="thumbnails">${repeat(
    pictures,
    (p) => p.id,
    (p) => thumbnail(t, p, remove),
  )}</ul>`;
}

function thumbnail(
  t: Texts["composer"],
  { id, name, url, checked }: Picture,
  remove?: (id: number) => void,
): TemplateResult {
  // Formats that the engine reads but the browser does not, such as TIFF, have a symbol instead.
  const replace = (event: Event) => (event.target as HTMLElement).replaceWith(fileSymbol(name));
  return html`
    <li part="thumbnail" class="thumbnail" aria-busy=${!checked}>
      <img src=${url} alt=${name} title=${name} decoding="async" @error=${replace} />
      ${
        remove
          ? html`<button class="remove" aria-label=${t.remove(name)} title=${t.removeTitle}
              @click=${() => remove(id)}>${icons.cross}</button>`
          : nothing
      }
    </li>
  `;
}

function fileSymbol(name: string): HTMLElement {
  const symbol = document.createElement("span");
  symbol.className = "no-preview";
  symbol.textContent = /[^.]+$/.exec(name)?.[0].slice(0, 5).toUpperCase() ?? "";
  symbol.title = name;
  return symbol;
}
