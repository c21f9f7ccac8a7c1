// Opens the stored conversations, and knows what was lost: because the browser stores nothing, or has deleted it.

import type { Backend } from "./backend.js";
import type { Conversation } from "./conversation.js";
import { IndexedDBBackend } from "./indexeddb.js";
import { Keeper } from "./keeper.js";
import { recall, remember } from "./remembered.js";
import { type Change, type Channel, ConversationStore, type StoredConversation } from "./store.js";

/** The key of localStorage under which the number of stored conversations is remembered. */
const storedCount = "outrider.conversations";

/** What is not kept: nothing is from now on, or so many conversations that the browser has deleted. */
export type Loss = { readonly kind: "failed" } | { readonly kind: "cleared"; readonly count: number };

/** What an archive calls. */
export interface ArchiveHost {
  /** Returns the conversation that is open. */
  current(): Conversation;
  /** Something was lost; called once for each kind. */
  lost(loss: Loss): void;
  /** Another tab has changed a conversation. */
  changedElsewhere(change: Change): void;
}

/** The stored conversations of the site, as one element uses them. */
export class Archive {
  readonly store: ConversationStore;
  readonly keeper: Keeper;
  readonly #host: ArchiveHost;
  readonly #told = new Set<Loss["kind"]>();

  /** newBackend is called with what to do when the browser closes the database. channel connects the tabs. */
  constructor(host: ArchiveHost, newBackend: (onLost: () => void) => Backend, channel?: Channel) {
    this.#host = host;
    this.store = new ConversationStore(
      newBackend(() => void this.#restoreCurrent()),
      channel,
    );
    this.keeper = new Keeper(this.store, this.#failed);
    this.store.listen((change) => {
      if (change.remote) host.changedElsewhere(change);
      else this.#count().catch(this.#failed);
    });
    // A write that begins at pagehide may not end in time; one at beforeunload does, where there is that event.
    for (const end of ["beforeunload", "pagehide"]) globalThis.addEventListener?.(end, () => this.keeper.flush());
  }

  /**
   * Returns the conversation with an id, or, if id is null, one whose answer was under way when its page ended;
   * undefined if there is none. Notices whether the browser has deleted what was stored.
   */
  async reopen(id: string | null): Promise<StoredConversation | undefined> {
    try {
      await this.#check();
      return await this.#reopen(id ?? (await this.#interrupted()));
    } catch {
      this.#failed();
      return undefined;
    }
  }

  /** Returns a conversation; undefined if it is not there or cannot be read. */
  open(id: string): Promise<StoredConversation | undefined> {
    return this.store.open(id).catch(() => {
      this.#failed();
      return undefined;
    });
  }

  async #reopen(id: string | undefined): Promise<StoredConversation | undefined> {
    const stored = id === undefined ? undefined : await this.store.open(id);
    if (stored?.record.answering && !(await this.keeper.busyElsewhere(stored.record.id)))
      await this.store.endAnswer(stored.record.id);
    return stored;
  }

  /** Returns the id of a conversation whose answer no tab writes any more. */
  async #interrupted(): Promise<string | undefined> {
    for (const { id, answering } of await this.store.list())
      if (answering && !(await this.keeper.busyElsewhere(id))) return id;
    return undefined;
  }

  /** Compares the number of conversations with the one that is remembered. */
  async #check(): Promise<void> {
    const { length } = await this.store.list();
    const before = Number(recall("localStorage", storedCount));
    if (length === 0 && before > 0) this.#tell({ kind: "cleared", count: before });
    remember("localStorage", storedCount, String(length));
  }

  /** Remembers the number of conversations after a change of this tab. */
  async #count(): Promise<void> {
    const { length } = await this.store.list();
    remember("localStorage", storedCount, String(length));
  }

  /** The browser has closed the database: stores the open conversation again if it is gone. */
  async #restoreCurrent(): Promise<void> {
    const { id, messages, leaf } = this.#host.current();
    try {
      await this.#check();
      if (messages.length > 0 && !(await this.store.open(id))) await this.store.restore(id, messages, leaf);
    } catch {
      this.#failed();
    }
  }

  #failed = (): void => {
    this.#tell({ kind: "failed" });
  };

  #tell(loss: Loss): void {
    if (this.#told.has(loss.kind)) return;
    this.#told.add(loss.kind);
    this.#host.lost(loss);
  }
}

/** Opens the conversations that this browser stores. */
export function openArchive(host: ArchiveHost): Archive {
  const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("outrider-conversations") : undefined;
  return new Archive(host, (onLost) => new IndexedDBBackend(onLost), channel);
}
