// Writes what happens to the open conversation into the store: a message at once, a growing answer once a second.

import { AnswerLock } from "./answer-lock.js";
import type { Conversation, Recorder } from "./conversation.js";
import type { Message } from "./message.js";
import type { StoredDraft } from "./records.js";
import type { ConversationStore } from "./store.js";

/** Least time between two writes of a growing answer, ms. */
const ANSWER_INTERVAL = 1000;
/** Time without a key after which a draft is written, ms. */
const DRAFT_DELAY = 300;

/** Keeps conversations. No method throws: the first failure is reported, and later ones are like it. */
export class Keeper implements Recorder {
  readonly #store: ConversationStore;
  readonly #onFailure: () => void;
  readonly #lock = new AnswerLock();
  #answer: { conversation: Conversation; message: Message } | undefined;
  #lastWrite = 0;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;
  #draft: { id: string; draft: StoredDraft | undefined } | undefined;
  #draftTimer: ReturnType<typeof setTimeout> | undefined;

  /** onFailure is called when something could not be written. */
  constructor(store: ConversationStore, onFailure: () => void) {
    this.#store = store;
    this.#onFailure = onFailure;
  }

  /** Implements Recorder. */
  put(conversation: Conversation, message: Message, growing: boolean): void {
    this.#lock.hold(growing ? conversation.id : undefined);
    this.#answer = growing ? { conversation, message } : undefined;
    if (!growing) this.#write(conversation, message, false);
    else if (message.text) this.#answerTimer ??= setTimeout(this.#writeAnswer, this.#untilNextWrite());
  }

  /** Implements Recorder. */
  removed({ id, leaf }: Conversation, ids: readonly string[]): void {
    if (this.#answer && ids.includes(this.#answer.message.id)) this.#answer = undefined;
    if (!this.#answer) this.#lock.hold(undefined);
    this.#try(this.#store.removeMessages(id, ids, leaf));
  }

  /** Implements Recorder. */
  selected({ id, leaf }: Conversation): void {
    this.#try(this.#store.select(id, leaf));
  }

  /** Keeps the message that is being written; undefined if there is none. */
  draftChanged(id: string, draft: StoredDraft | undefined): void {
    if (this.#draft && this.#draft.id !== id) this.#writeDraft();
    this.#draft = { id, draft };
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(this.#writeDraft, DRAFT_DELAY);
  }

  /** Writes at once what waits. */
  flush(): void {
    this.#writeAnswer();
    this.#writeDraft();
  }

  /** Reports whether another tab writes an answer in a conversation. */
  busyElsewhere(id: string): Promise<boolean> {
    return this.#lock.heldElsewhere(id);
  }

  #untilNextWrite(): number {
    return Math.max(0, this.#lastWrite + ANSWER_INTERVAL - Date.now());
  }

  #writeAnswer = (): void => {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
    if (this.#answer?.message.text) this.#write(this.#answer.conversation, this.#answer.message, true);
  };

  #writeDraft = (): void => {
    clearTimeout(this.#draftTimer);
    if (this.#draft) this.#try(this.#store.saveDraft(this.#draft.id, this.#draft.draft));
    this.#draft = undefined;
  };

  #write({ id, leaf }: Conversation, message: Message, growing: boolean): void {
    if (growing) this.#lastWrite = Date.now();
    this.#try(this.#store.put(id, { message, growing, leaf }));
  }

  #try(written: Promise<void>): void {
    written.catch(this.#onFailure);
  }
}
