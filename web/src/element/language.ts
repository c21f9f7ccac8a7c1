// The language of one element: the one that its `lang` names, else the browser's.

import { en } from "../text/en.js";
import { chooseLanguage, type Language, loadTexts, type Texts } from "../text/texts.js";

/** What is rendered again when a table of texts has been loaded. */
export interface LanguageHost {
  requestUpdate(): void;
}

/** Keeps the table of texts of one element. */
export class ElementLanguage {
  readonly #host: LanguageHost;
  #texts = en;
  #chosen: Language = "en";
  #loading: Promise<void> | undefined;

  constructor(host: LanguageHost) {
    this.#host = host;
  }

  /** The texts of the interface. */
  get texts(): Texts {
    return this.#texts;
  }

  /** Settles when the chosen table is in use; undefined if it is. */
  get loading(): Promise<void> | undefined {
    return this.#loading;
  }

  /** Chooses the language of a tag; an empty one follows the browser. The texts change when the table is loaded. */
  choose(lang: string): void {
    const language = chooseLanguage(lang ? [lang] : navigator.languages);
    if (language === this.#chosen) return;
    this.#chosen = language;
    this.#loading = this.#load(language);
  }

  /** If the table cannot be loaded, the texts stay as they are. */
  async #load(language: Language): Promise<void> {
    const texts = await loadTexts(language).catch(() => this.#texts);
    if (language !== this.#chosen) return;
    this.#texts = texts;
    this.#loading = undefined;
    this.#host.requestUpdate();
  }
}
