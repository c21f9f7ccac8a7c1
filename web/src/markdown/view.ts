// The text of a message on the page: plain until what formats it has been loaded.

import { cancelInFrames, runInFrames, type Stepwise } from "./frames.js";
import { appendText } from "./plain.js";
import type { AnswerTexts } from "./texts.js";

/** Characters that are shown in one step. */
const STEP = 16_384;

let format: typeof import("./format.js") | undefined;
let loading: Promise<typeof format> | undefined;

/** Loads what formats answers. Until then, and if that fails, they are plain text. */
export async function loadFormat(): Promise<void> {
  loading ??= import("./format.js").catch(() => undefined);
  format = await loading;
}

/** Shows the text of a message in an element, which must be empty. */
export interface TextView {
  /** Shows a text; complete: it does not grow any more. */
  show(text: string, complete: boolean): void;
}

/** Shows text as it is. */
export class PlainText implements TextView, Stepwise {
  readonly #element: HTMLElement;
  #text = "";
  #shown = 0;

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  show(text: string): void {
    if (text === this.#text) return;
    if (!text.startsWith(this.#text)) this.clear();
    this.#text = text;
    runInFrames(this);
  }

  /** Removes the text. */
  clear(): void {
    this.#element.replaceChildren();
    this.#text = "";
    this.#shown = 0;
  }

  step(): boolean {
    const shown = Math.min(this.#text.length, this.#shown + STEP);
    appendText(this.#element, this.#text.slice(this.#shown, shown));
    this.#shown = shown;
    return shown < this.#text.length;
  }
}

/** Shows Markdown. */
export class MarkdownText implements TextView {
  readonly #element: HTMLElement;
  readonly #texts: AnswerTexts;
  #plain: PlainText | undefined;
  #formatted: TextView | undefined;
  #last: [text: string, complete: boolean] = ["", false];

  constructor(element: HTMLElement, texts: AnswerTexts) {
    this.#element = element;
    this.#texts = texts;
  }

  show(text: string, complete: boolean): void {
    this.#last = [text, complete];
    if (format) this.#showFormatted(format.FormattedText);
    else this.#showPlain();
  }

  #showPlain(): void {
    if (!this.#plain)
      void loadFormat().then(
        () => this.show(...this.#last),
        () => {},
      );
    this.#plain ??= new PlainText(this.#element);
    this.#plain.show(this.#last[0]);
  }

  #showFormatted(Text: typeof import("./format.js").FormattedText): void {
    if (this.#plain) cancelInFrames(this.#plain);
    this.#formatted ??= new Text(this.#element, this.#texts);
    this.#formatted.show(...this.#last);
  }
}
