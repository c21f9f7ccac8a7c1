// The open conversation: its messages, and the branch that is shown.

import { type Message, release } from "./message.js";
import { branches, leafWithout, newestLeaf, pathTo, subtree } from "./tree.js";

/** Keeps what happens to a conversation. */
export interface Recorder {
  /** A message is new or has changed; growing: it is an answer that will change again soon. */
  put(conversation: Conversation, message: Message, growing: boolean): void;
  /** Messages were deleted. */
  removed(conversation: Conversation, ids: readonly string[]): void;
  /** Another branch is shown. */
  selected(conversation: Conversation): void;
}

/** A message's place among its branches. */
export interface Place {
  /** From 0. */
  readonly index: number;
  /** The ids of all branches, the oldest first; the message's own among them. */
  readonly ids: readonly string[];
}

/** One conversation in memory. */
export class Conversation {
  readonly id: string;
  readonly #recorder: Recorder | undefined;
  readonly #messages = new Map<string, Message>();
  #leaf: string | null = null;
  #path: readonly Message[] = [];
  #places: ReadonlyMap<string, Place> = new Map();
  #growing: string | undefined;

  /** Makes a conversation of messages whose end shown is leaf, or an empty one. */
  constructor(
    recorder?: Recorder,
    id: string = crypto.randomUUID(),
    messages: readonly Message[] = [],
    leaf?: string | null,
  ) {
    this.#recorder = recorder;
    this.id = id;
    for (const message of messages) this.#messages.set(message.id, message);
    this.#show(leaf !== undefined && (leaf === null || this.#messages.has(leaf)) ? leaf : newestLeaf(messages, null));
  }

  /** The messages of the branch that is shown, the first one first. */
  get path(): readonly Message[] {
    return this.#path;
  }

  /** All messages. */
  get messages(): readonly Message[] {
    return [...this.#messages.values()];
  }

  /** The last message of the branch that is shown; null without messages. */
  get leaf(): string | null {
    return this.#leaf;
  }

  /** The messages of the path that have branches, with their places among them. */
  get places(): ReadonlyMap<string, Place> {
    return this.#places;
  }

  /** Returns a message. */
  get(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  /** Adds a message or replaces the one with the same id, and shows its branch. */
  put(message: Message, growing = false): void {
    this.#growing = growing ? message.id : undefined;
    const known = this.#messages.has(message.id);
    this.#messages.set(message.id, message);
    if (known && message.id === this.#leaf) this.#path = [...this.#path.slice(0, -1), message];
    else this.#show(message.id);
    this.#recorder?.put(this, message, growing);
  }

  /** Shows the newest branch after a message. */
  select(id: string): void {
    this.#show(newestLeaf(this.#messages.values(), id));
    this.#recorder?.selected(this);
  }

  /** Shows the conversation up to a message, whose next one begins a new branch; null: before the first. */
  rewind(id: string | null): void {
    this.#show(id);
  }

  /** Returns how many messages remove would delete. */
  countFrom(id: string): number {
    return subtree(this.#messages.values(), id).size;
  }

  /** Deletes a message and all that follow it. */
  remove(id: string): void {
    const leaf = leafWithout(this.messages, id);
    const gone = [...subtree(this.#messages.values(), id)];
    for (const each of gone) this.#delete(each);
    this.#show(leaf);
    this.#recorder?.removed(this, gone);
  }

  /** Takes over what another tab has stored; messages that it lacks were deleted there. The growing answer stays. */
  merge(stored: readonly Message[]): void {
    const ids = new Set(stored.map(({ id }) => id));
    for (const { id } of this.messages) if (!ids.has(id) && id !== this.#growing) this.#delete(id);
    for (const message of stored) if (message.id !== this.#growing) this.#replace(message);
    const messages = this.messages;
    const leaf = this.#path.findLast(({ id }) => this.#messages.has(id))?.id ?? null;
    this.#show(this.#growing ?? newestLeaf(messages, leaf));
  }

  /** Frees the pictures. The conversation cannot be used any more. */
  close(): void {
    for (const id of [...this.#messages.keys()]) this.#delete(id);
  }

  /** Keeps the pictures of a message that is known, whose addresses are in use. */
  #replace(message: Message): void {
    const known = this.#messages.get(message.id);
    if (known) release(message.pictures);
    this.#messages.set(message.id, known ? { ...message, pictures: known.pictures } : message);
  }

  #delete(id: string): void {
    release(this.#messages.get(id)?.pictures ?? []);
    this.#messages.delete(id);
  }

  #show(leaf: string | null): void {
    this.#leaf = leaf;
    this.#path = pathTo(this.#messages.values(), leaf);
    const children = branches(this.#messages.values());
    this.#places = new Map(
      this.#path.flatMap(({ id, parent }) => {
        const ids = (children.get(parent) ?? []).map((m) => m.id);
        return ids.length > 1 ? [[id, { index: ids.indexOf(id), ids }]] : [];
      }),
    );
  }
}
