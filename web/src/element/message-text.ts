// The directive that shows the text of a message.

import { noChange } from "lit";
import { Directive, directive, type ElementPart } from "lit/directive.js";
import type { AnswerTexts } from "../markdown/texts.js";
import { MarkdownText, PlainText, type TextView } from "../markdown/view.js";

/** How a text is shown. */
export interface TextOptions {
  /** The texts of the interface within Markdown; without them the text is shown as it is. */
  readonly markdown?: AnswerTexts | undefined;
  /** Whether the text does not grow any more. */
  readonly complete: boolean;
}

class MessageText extends Directive {
  #view: TextView | undefined;

  override render(_text: string, _options: TextOptions): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [text, { markdown, complete }]: [string, TextOptions]): typeof noChange {
    const element = part.element as HTMLElement;
    this.#view ??= markdown ? new MarkdownText(element, markdown) : new PlainText(element);
    this.#view.show(text, complete);
    return noChange;
  }
}

/** Shows a text in an element that has no other content, and continues with it as it grows. */
export const messageText = directive(MessageText);
