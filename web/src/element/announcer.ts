// What people who listen to the page hear of an answer: its sentences, one after another.

import { html, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { Sentences } from "../markdown/sentences.js";
import type { Message } from "./message.js";

/** How many sentences stay in the live region. */
const SENTENCES_MAX = 8;

/** Announces the answer that is being written. The messages themselves are not live: each word would be announced. */
export class Announcer {
  #answer: string | undefined;
  #sentences = new Sentences();
  #announced: readonly { id: number; text: string }[] = [];
  #nextId = 1;

  /** Renders the live region with the latest sentences; message is the last one, generating: it is being written. */
  view(label: string, message: Message | undefined, generating: boolean): TemplateResult {
    if (message?.role === "assistant") this.#follow(message, generating);
    const sentences = repeat(
      this.#announced,
      ({ id }) => id,
      ({ text }) => html`<p>${text}</p>`,
    );
    return html`<div class="spoken" role="log" aria-live="polite" aria-label=${label}>${sentences}</div>`;
  }

  #follow({ id, text }: Message, generating: boolean): void {
    if (generating && id !== this.#answer) {
      this.#answer = id;
      this.#sentences = new Sentences();
    }
    if (id !== this.#answer) return; // an answer that was there before
    const added = this.#sentences.next(text, !generating).map((sentence) => ({ id: this.#nextId++, text: sentence }));
    this.#announced = [...this.#announced, ...added].slice(-SENTENCES_MAX);
    if (!generating) this.#answer = undefined;
  }
}
