// The conversations of one element: restores the one that was open, follows what other tabs change, shows the list.

import { html, nothing, type TemplateResult } from "lit";
import type { Archive, ArchiveHost, Loss } from "../../conversation/archive.js";
import { Conversation, type Recorder } from "../../conversation/conversation.js";
import type { Message } from "../../conversation/message.js";
import { messageOf } from "../../conversation/records.js";
import { recall, remember } from "../../conversation/remembered.js";
import type { Change, StoredConversation } from "../../conversation/store.js";
import type { Texts } from "../../text/texts.js";
import type { ConversationController } from "../conversation-controller.js";
import { icons } from "../icons.js";
import { requestPersistence } from "../loading.js";
import type { MessageDraft } from "../message-draft.js";

/** The key of sessionStorage under which a tab remembers its conversation. */
const openConversation = "outrider.conversation";
/** The key of localStorage under which it is remembered whether the list is shown. */
const listShown = "outrider.list";
/** Below this width the list covers the conversation, CSS pixels. styles.ts has it too. */
const NARROW = 700;

/** What a history needs of its element. */
export interface HistoryHost {
  /** Returns the controller of the conversation that is shown. */
  controller(): ConversationController;
  /** Returns the message that is being written. */
  draft(): MessageDraft;
  /** Starts a new conversation. */
  clear(): void;
  /** Moves the focus to a part of the element, after the next render. */
  focus(selector: string): Promise<void>;
  /** Schedules a render. */
  requestUpdate(): void;
}

/** Keeps the conversations of an element from start on. Before that, it does nothing. */
export class History implements Recorder, ArchiveHost {
  readonly #host: HistoryHost;
  #archive: Promise<Archive> | undefined;
  #opened: Archive | undefined;
  #loss: Loss | undefined;
  #listShown = false;
  #busyElsewhere = false;
  #reading = false;
  /** Whether the draft is emptied because it stays with the conversation that is left. */
  #leaving = false;

  constructor(host: HistoryHost) {
    this.#host = host;
  }

  /** Whether conversations are kept. */
  get started(): boolean {
    return this.#archive !== undefined;
  }

  /** Whether the list of conversations is shown. */
  get listShown(): boolean {
    return this.#listShown;
  }

  /** Whether the person has opened a stored conversation, which is shown also without a model. */
  get reading(): boolean {
    return this.#reading;
  }

  /** Whether another tab writes an answer in the open conversation. */
  get busyElsewhere(): boolean {
    return this.#busyElsewhere;
  }

  /** Opens the stored conversations, and shows the one that this tab had open, unless the person has begun another. */
  async start(): Promise<void> {
    if (this.#archive) return;
    this.#archive = import("../../conversation/archive.js").then(({ openArchive }) => openArchive(this));
    this.#opened = await this.#archive;
    const stored = await this.#opened.reopen(recall("sessionStorage", openConversation));
    if (stored && this.current().messages.length === 0 && !this.#host.draft().stored) this.#show(stored);
    else this.entered();
    if (recall("localStorage", listShown) === "yes" && innerWidth >= NARROW) this.#showList(true);
    this.#host.requestUpdate();
  }

  /** Shows a stored conversation. What was being written stays with the conversation that is left. */
  async open(id: string): Promise<void> {
    const stored = await this.#opened?.open(id);
    if (!stored || id === this.current().id) return;
    this.leave();
    this.#reading = true;
    this.#show(stored);
  }

  /** Shows the chooser in place of a conversation without a model. */
  stopReading(): void {
    this.#reading = false;
  }

  /** Keeps the message that is being written with its conversation, before another is shown. */
  leave(): void {
    this.draftChanged();
    this.#opened?.keeper.flush();
    const draft = this.#host.draft();
    if (this.#opened) this.#whileLeaving(() => draft.restore("", [], undefined));
    else draft.pictures.clear();
  }

  /** Remembers which conversation this tab has open. */
  entered(): void {
    if (this.#archive) remember("sessionStorage", openConversation, this.current().id);
  }

  /** Keeps the message that is being written. */
  draftChanged(): void {
    if (!this.#archive || this.#leaving) return;
    const { stored: draft } = this.#host.draft();
    const { id } = this.current();
    void this.#archive.then(({ keeper }) => keeper.draftChanged(id, draft));
  }

  /** Implements Recorder. */
  put(conversation: Conversation, message: Message, growing: boolean): void {
    if (this.#archive && message.role === "user") requestPersistence();
    void this.#archive?.then(({ keeper }) => keeper.put(conversation, message, growing));
  }

  /** Implements Recorder. */
  removed(conversation: Conversation, ids: readonly string[]): void {
    void this.#archive?.then(({ keeper }) => keeper.removed(conversation, ids));
  }

  /** Implements Recorder. */
  selected(conversation: Conversation): void {
    void this.#archive?.then(({ keeper }) => keeper.selected(conversation));
  }

  /** Implements ArchiveHost. */
  current(): Conversation {
    return this.#host.controller().conversation;
  }

  /** Implements ArchiveHost. */
  lost(loss: Loss): void {
    this.#loss = loss;
    this.#host.requestUpdate();
  }

  /** Implements ArchiveHost. */
  changedElsewhere({ id, deleted }: Change): void {
    if (id !== this.current().id) return;
    if (!deleted) void this.#follow(id);
    else {
      this.#host.controller().show();
      this.entered();
    }
  }

  /** Renders the list; nothing while it is hidden. */
  view(texts: Texts): TemplateResult | typeof nothing {
    if (!this.#opened || !this.#listShown) return nothing;
    return html`
      <scout-history part="history" .texts=${texts} .store=${this.#opened.store} .current=${this.current().id}
        .covers=${innerWidth < NARROW} .actions=${this.#actions}></scout-history>
    `;
  }

  /** Renders the button that shows the list; nothing without a history. */
  button(texts: Texts): TemplateResult | typeof nothing {
    if (!this.#archive) return nothing;
    const label = this.#listShown ? texts.history.hide : texts.history.show;
    return html`<button part="list" class="plain icon list" aria-label=${label} title=${label}
      aria-expanded=${this.#listShown} @click=${() => this.#showList(!this.#listShown)}>${icons.list}</button>`;
  }

  /** Renders what was lost, until the person has read it; nothing if nothing was. */
  notice({ history }: Texts): TemplateResult | typeof nothing {
    if (!this.#loss) return nothing;
    const text = this.#loss.kind === "failed" ? history.failed : history.cleared(this.#loss.count);
    return html`
      <p part="lost" class="quiet lost" role="status">
        <span>${text}</span><button class="link" @click=${this.#dismiss}>${history.understood}</button>
      </p>
    `;
  }

  #actions = {
    open: (id: string) => {
      void this.open(id);
      this.#hideCover();
    },
    create: () => {
      this.#host.clear();
      this.#hideCover();
    },
    hide: () => {
      this.#showList(false);
      void this.#host.focus("[part=list]");
    },
  };

  #whileLeaving(empty: () => void): void {
    this.#leaving = true;
    empty();
    this.#leaving = false;
  }

  #showList(shown: boolean): void {
    if (shown) void import("./history-list.js");
    this.#listShown = shown;
    remember("localStorage", listShown, shown ? "yes" : "no");
    this.#host.requestUpdate();
  }

  #dismiss = (): void => {
    this.#loss = undefined;
    this.#host.requestUpdate();
  };

  /** Hides the list where it covers the conversation. */
  #hideCover(): void {
    if (innerWidth >= NARROW) return;
    this.#showList(false);
    void this.#host.focus(".composer textarea");
  }

  #show({ record, messages }: StoredConversation): void {
    this.#host.controller().show(new Conversation(this, record.id, messages.map(messageOf), record.leaf));
    const { text = "", pictures = [] } = record.draft ?? {};
    const files = pictures.map(({ name, blob }) => new File([blob], name, { type: blob.type }));
    this.#host.draft().restore(text, files, this.#host.controller().model);
    this.entered();
    void this.#askWhetherBusy(record.id);
  }

  /** Takes over what another tab has changed in the open conversation. */
  async #follow(id: string): Promise<void> {
    const stored = await this.#opened?.open(id);
    await this.#askWhetherBusy(id);
    if (!stored || id !== this.current().id) return;
    this.current().merge(stored.messages.map(messageOf));
    this.#host.requestUpdate();
  }

  async #askWhetherBusy(id: string): Promise<void> {
    const busy = (await this.#opened?.keeper.busyElsewhere(id)) ?? false;
    if (busy === this.#busyElsewhere || id !== this.current().id) return;
    this.#busyElsewhere = busy;
    this.#host.requestUpdate();
  }
}
