// The page's own texts, in the first of the browser's languages that has a table.

import { en } from "../text/en.js";
import { chooseLanguage, loadTexts, type Texts } from "../text/texts.js";

/** Puts the page into the browser's language; returns the texts. */
export async function applyLanguage(): Promise<Texts> {
  const texts = await loadTexts(chooseLanguage(navigator.languages)).catch(() => en);
  document.documentElement.lang = texts.language;
  document.documentElement.dir = texts.dir;
  return texts;
}

/** Fills the offer of a new version. */
export function fillOffer(offer: HTMLElement, { app }: Texts): void {
  offer.replaceChildren(
    `${app.newVersion} `,
    Object.assign(document.createElement("button"), { textContent: app.reload }),
  );
}
