// Which messages of a long conversation are on the page.

import type { Message } from "./message.js";

/** How many messages are shown at first, and how many more each time. */
const PAGE = 100;

/** Shows the last messages of a conversation, and earlier ones when they are asked for. */
export class MessageWindow {
  readonly #requestUpdate: () => void;
  #conversation: string | undefined;
  /** The first message that was asked for. */
  #asked = Number.POSITIVE_INFINITY;
  #start = 0;

  constructor(requestUpdate: () => void) {
    this.#requestUpdate = requestUpdate;
  }

  /** How many messages come before those that are shown. */
  get hidden(): number {
    return this.#start;
  }

  /** Returns the messages to show. Their start moves by half a page, so that a message rarely leaves the page. */
  shown(messages: readonly Message[]): readonly Message[] {
    const first = messages[0]?.id;
    if (first !== this.#conversation) this.#asked = Number.POSITIVE_INFINITY;
    this.#conversation = first;
    const start = Math.ceil((messages.length - PAGE) / (PAGE / 2)) * (PAGE / 2) - PAGE / 2;
    this.#start = Math.max(0, Math.min(start, this.#asked));
    return messages.slice(this.#start);
  }

  /** Shows a page of earlier messages. */
  readonly showEarlier = (): void => {
    this.#asked = Math.max(0, this.#start - PAGE);
    this.#requestUpdate();
  };
}
