// What can be done with the messages that are shown: which one is edited, copied or about to be deleted.

import { html, nothing, type TemplateResult } from "lit";
import type { Conversation } from "../conversation/conversation.js";
import type { Message } from "../conversation/message.js";
import type { Texts } from "../text/texts.js";
import type { ConversationController } from "./conversation-controller.js";
import { type MessageActions, messageActions, messageEditor } from "./message-actions.js";

/** Time for which a message is marked as copied, ms. */
const COPIED_TIME = 2000;

/** What the tools need of the element. */
export interface MessageToolsHost {
  /** Returns the conversations' controller. */
  controller(): ConversationController;
  /** Reports whether another tab writes an answer in the conversation. */
  busyElsewhere(): boolean;
  /** Moves the focus to a part of the element, or opens it if it is a dialog, after the next render. */
  focus(selector: string): Promise<void>;
  /** Shows an error. */
  report(error: unknown): void;
  /** Schedules a render. */
  requestUpdate(): void;
}

/** The buttons of the messages, and the state of what they have begun. */
export class MessageTools implements MessageActions {
  readonly #host: MessageToolsHost;
  #editing: string | undefined;
  #copied: string | undefined;
  /** The message that the person is asked whether to delete. */
  #asked: string | undefined;

  constructor(host: MessageToolsHost) {
    this.#host = host;
  }

  /** Renders the buttons of a message; while an answer is written only their place, so that nothing moves. */
  view(t: Texts, m: Message, last: boolean): TemplateResult | typeof nothing {
    const { state, model } = this.#controller;
    if (this.#editing === m.id) return nothing;
    if (state.status === "generating") return html`<div class="message-actions"></div>`;
    return messageActions(t, m, this.#stateOf(m, last, model !== undefined), this);
  }

  /** Renders the editor of a message; undefined unless it is edited. */
  editor(t: Texts, m: Message): TemplateResult | undefined {
    return this.#editing === m.id ? messageEditor(t, m, this) : undefined;
  }

  /** Renders the question whether to delete a message; nothing without one. */
  question({ message: t }: Texts): TemplateResult | typeof nothing {
    const { conversation } = this.#controller;
    if (this.#asked === undefined || !conversation.get(this.#asked)) return nothing;
    return html`
      <dialog part="question" class="delete-message" aria-labelledby="delete-message" @close=${this.#decline}>
        <h2 id="delete-message">${t.deleteHeading}</h2>
        <p class="quiet">${t.deleteText(conversation.countFrom(this.#asked) - 1)}</p>
        <div class="actions">
          <button class="soft" autofocus @click=${this.#decline}>${t.keep}</button>
          <button class="main" @click=${this.#agree}>${t.delete}</button>
        </div>
      </dialog>
    `;
  }

  /** Implements MessageActions. */
  copy = async ({ id, text }: Message): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
    } catch (error) {
      this.#host.report(error);
      return;
    }
    this.#set(() => (this.#copied = id));
    setTimeout(() => this.#set(() => (this.#copied = this.#copied === id ? undefined : this.#copied)), COPIED_TIME);
  };

  /** Implements MessageActions. */
  edit = (id: string): void => {
    this.#set(() => (this.#editing = id));
    void this.#host.focus(".edit textarea");
  };

  /** Implements MessageActions. */
  resend = (id: string, text: string): void => {
    this.#editing = undefined;
    void this.#controller.edit(id, text);
    void this.#host.focus(".composer textarea");
  };

  /** Implements MessageActions. */
  cancelEdit = (): void => {
    const id = this.#editing;
    this.#set(() => (this.#editing = undefined));
    void this.#host.focus(`[data-message="${id}"] [part=edit]`);
  };

  /** Implements MessageActions. */
  regenerate = (id: string): void => {
    void this.#controller.regenerate(id);
    void this.#host.focus(".composer textarea");
  };

  /** Implements MessageActions. */
  continue = (): void => {
    void this.#controller.continue();
    void this.#host.focus(".composer textarea");
  };

  /** Implements MessageActions. */
  select = (id: string, arrow: "previous" | "next"): void => {
    this.#controller.select(id);
    const branches = `[data-message="${id}"] .branches`;
    void this.#host.focus(
      `${branches} [part=${arrow}]:enabled, ${branches}:not(:has([part=${arrow}]:enabled)) :enabled`,
    );
  };

  /** Implements MessageActions. */
  askToDelete = (id: string): void => {
    this.#set(() => (this.#asked = id));
    void this.#host.focus("dialog.delete-message");
  };

  get #controller(): ConversationController {
    return this.#host.controller();
  }

  #stateOf(m: Message, last: boolean, hasModel: boolean) {
    const conversation: Conversation = this.#controller.conversation;
    return {
      place: conversation.places.get(m.id),
      last,
      answerable: hasModel,
      busyElsewhere: this.#host.busyElsewhere(),
      copied: this.#copied === m.id,
    };
  }

  #decline = (): void => {
    this.#set(() => (this.#asked = undefined));
  };

  #agree = (): void => {
    const id = this.#asked!;
    this.#decline();
    this.#controller.remove(id);
    void this.#host.focus(".composer textarea");
  };

  #set(change: () => void): void {
    change();
    this.#host.requestUpdate();
  }
}
