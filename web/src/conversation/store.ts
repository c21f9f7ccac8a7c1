// The stored conversations: what is done with them, and who is told of it.

import type { Backend } from "./backend.js";
import type { Message } from "./message.js";
import {
  type ConversationRecord,
  type MessageRecord,
  newRecord,
  recordOf,
  type StoredDraft,
  titleOf,
} from "./records.js";

/** What has happened to a stored conversation. */
export interface Change {
  readonly id: string;
  /** It was deleted. */
  readonly deleted: boolean;
  /** Another tab did it. */
  readonly remote: boolean;
}

/** What a store needs of a BroadcastChannel. */
export interface Channel {
  postMessage(data: unknown): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/** A conversation with its messages. */
export interface StoredConversation {
  record: ConversationRecord;
  messages: MessageRecord[];
}

/** A message to write. */
export interface MessagePut {
  message: Message;
  /** Whether the message is an answer that will change again soon. */
  growing: boolean;
  /** The end of the branch that is shown. */
  leaf: string | null;
}

/** The conversations of this site. Methods reject if the database fails. */
export class ConversationStore {
  readonly #backend: Backend;
  readonly #channel: Channel | undefined;
  readonly #listeners = new Set<(change: Change) => void>();
  /** Conversations that were stored in the time of this tab: one that is missing was deleted, and stays so. */
  readonly #known = new Set<string>();

  /** channel connects the tabs of the site. */
  constructor(backend: Backend, channel?: Channel) {
    this.#backend = backend;
    this.#channel = channel;
    channel?.addEventListener("message", ({ data }) => this.#tell({ ...data, remote: true }));
  }

  /** Calls listener after each change, until the returned function is called. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Returns the conversations: those that are pinned, then the others, each the latest first. */
  async list(): Promise<ConversationRecord[]> {
    const records = await this.#backend.conversations();
    return records.sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.updated - a.updated);
  }

  /** Returns a conversation with its messages; undefined if it is not there. */
  async open(id: string): Promise<StoredConversation | undefined> {
    const record = (await this.#backend.conversations()).find((each) => each.id === id);
    if (!record) return undefined;
    this.#known.add(id);
    return { record, messages: await this.#backend.messages(id) };
  }

  /** Writes a message. The first one creates the conversation; a conversation that was deleted is not created again. */
  async put(id: string, { message, growing, leaf }: MessagePut): Promise<void> {
    const put = [recordOf(id, message, growing)];
    await this.#change(id, (record) => ({ ...withMessage(record, message), leaf, answering: growing }), { put });
  }

  /** Writes a whole conversation again that the browser has deleted. */
  async restore(id: string, messages: readonly Message[], leaf: string | null): Promise<void> {
    this.#known.delete(id);
    const put = messages.map((message) => recordOf(id, message, false));
    const all = (record: ConversationRecord) => ({ ...messages.reduce(withMessage, record), leaf });
    await this.#change(id, all, { put });
  }

  /** Writes the message that is being written. A conversation without title and draft is deleted. */
  async saveDraft(id: string, draft: StoredDraft | undefined): Promise<void> {
    if (draft === undefined && !this.#known.has(id)) return;
    let empty = false;
    await this.#change(id, (record) => {
      empty = !record.title && draft === undefined;
      return { ...record, draft, updated: record.updated || Date.now() };
    });
    if (!empty) return;
    await this.delete(id);
    this.#known.delete(id); // its first message creates it again
  }

  /** Remembers which branch is shown. */
  async select(id: string, leaf: string | null): Promise<void> {
    await this.#change(id, (record) => ({ ...record, leaf }));
  }

  /** Deletes messages. */
  async removeMessages(id: string, remove: readonly string[], leaf: string | null): Promise<void> {
    await this.#change(id, (record) => ({ ...record, leaf }), { remove });
  }

  /** Renames a conversation; an empty title changes nothing. */
  async rename(id: string, title: string): Promise<void> {
    const text = title.trim();
    if (text) await this.#change(id, (record) => ({ ...record, title: text }));
  }

  /** Pins a conversation, so that it is listed first, or ends that. */
  async pin(id: string, pinned: boolean): Promise<void> {
    await this.#change(id, (record) => ({ ...record, pinned }));
  }

  /** Notes that an answer is not under way any more. */
  async endAnswer(id: string): Promise<void> {
    await this.#change(id, (record) => ({ ...record, answering: false }));
  }

  /** Deletes a conversation with its messages. */
  async delete(id: string): Promise<void> {
    this.#known.add(id);
    await this.#backend.delete(id);
    this.#announce(id, true);
  }

  /** Adds conversations, whose ids must be new. */
  async add(conversations: readonly StoredConversation[]): Promise<void> {
    for (const { record, messages } of conversations) {
      await this.#change(record.id, () => record, { put: messages });
    }
  }

  /** Returns conversations with their messages; all, or one. */
  async export(id?: string): Promise<StoredConversation[]> {
    const [records, messages] = [await this.list(), await this.#backend.messages(id)];
    return records
      .filter((record) => record.title && (id === undefined || record.id === id))
      .map((record) => ({ record, messages: messages.filter(({ conversation }) => conversation === record.id) }));
  }

  /** Returns the ids of the conversations whose title or messages contain every word of a text, in any case. */
  async search(text: string): Promise<Set<string>> {
    const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const [records, messages] = [await this.#backend.conversations(), await this.#backend.messages()];
    const texts = new Map(records.map(({ id, title }) => [id, [title]]));
    for (const message of messages) texts.get(message.conversation)?.push(message.text);
    const contains = (all: string) => words.every((word) => all.includes(word));
    return new Set([...texts].filter(([, all]) => contains(all.join("\n").toLocaleLowerCase())).map(([id]) => id));
  }

  /** Changes a conversation, which is created unless it is known, and tells of it. */
  async #change(
    id: string,
    change: (record: ConversationRecord) => ConversationRecord,
    messages: { put?: readonly MessageRecord[]; remove?: readonly string[] } = {},
  ): Promise<void> {
    const create = !this.#known.has(id);
    this.#known.add(id);
    const changed = await this.#backend.update(id, {
      change: (record) => (record || create ? change(record ?? newRecord(id)) : undefined),
      ...messages,
    });
    if (changed) this.#announce(id, false);
  }

  #announce(id: string, deleted: boolean): void {
    this.#channel?.postMessage({ id, deleted });
    this.#tell({ id, deleted, remote: false });
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** Returns the record of a conversation with a message more. */
function withMessage(record: ConversationRecord, message: Message): ConversationRecord {
  const { text, pictures, model = record.model, created } = message;
  const title = record.title || titleOf(text) || (pictures[0]?.name ?? "");
  return { ...record, title, model, updated: Math.max(record.updated, created) };
}
