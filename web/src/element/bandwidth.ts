// The limit for the speed of downloads that a person chooses.

import { html, type TemplateResult } from "lit";
import type { Texts } from "../text/texts.js";

/** The limits on offer, in bytes a second; 0 is none. */
const limits = [0, 1e6, 5e6, 20e6];

/** Where the limit is kept for later visits. */
const key = "outrider.bandwidth";

/** Keeps a limit for later visits, unless the browser keeps nothing for this page. */
export function rememberBandwidth(bytesPerSecond: number): void {
  try {
    if (bytesPerSecond > 0) localStorage.setItem(key, String(bytesPerSecond));
    else localStorage.removeItem(key);
  } catch {
    // It applies until the page is closed.
  }
}

/** Returns the limit of the last visit; 0 without one. */
export function rememberedBandwidth(): number {
  try {
    const limit = Number(localStorage.getItem(key));
    return limits.includes(limit) ? limit : 0;
  } catch {
    return 0;
  }
}

/** Renders the choice of a limit. */
export function bandwidthSelect(
  t: Texts["storage"],
  now: number,
  choose: (bytesPerSecond: number) => void,
): TemplateResult {
  const onChange = (event: Event) => choose(Number((event.target as HTMLSelectElement).value));
  return html`
    <label class="quiet bandwidth">${t.speed}
      <select part="bandwidth" @change=${onChange}>${limits.map((limit) => option(t, limit, limit === now))}</select>
    </label>
  `;
}

function option(t: Texts["storage"], limit: number, selected: boolean): TemplateResult {
  const text = limit === 0 ? t.noLimit : t.limit(limit);
  return html`<option value=${limit} ?selected=${selected}>${text}</option>`;
}
