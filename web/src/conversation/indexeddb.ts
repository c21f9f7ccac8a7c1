// Conversations in IndexedDB, in a database of their own.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Backend, Update } from "./backend.js";
import type { ConversationRecord, MessageRecord } from "./records.js";

/** Version of the database's schema. A change raises it and adds a case to upgrade. */
const SCHEMA_VERSION = 1;

/** The database's name. */
export const DATABASE = "outrider-conversations";

/** What is stored survives a browser that is killed a moment later. */
const durable: IDBTransactionOptions = { durability: "strict" };

interface Schema extends DBSchema {
  conversations: { key: string; value: ConversationRecord };
  messages: { key: string; value: MessageRecord; indexes: { conversation: string } };
}

/** A backend that opens its database with the first call, and again after the browser has closed it. */
export class IndexedDBBackend implements Backend {
  readonly #onLost: () => void;
  #database: Promise<IDBPDatabase<Schema>> | undefined;

  /** onLost is called when the browser has closed the database, as it does when stored data is deleted. */
  constructor(onLost: () => void) {
    this.#onLost = onLost;
  }

  /** Implements Backend. */
  async conversations(): Promise<ConversationRecord[]> {
    return (await this.#open()).getAll("conversations");
  }

  /** Implements Backend. */
  async messages(conversation?: string): Promise<MessageRecord[]> {
    const database = await this.#open();
    return conversation === undefined
      ? database.getAll("messages")
      : database.getAllFromIndex("messages", "conversation", conversation);
  }

  /** Implements Backend. */
  async update(id: string, { change, put = [], remove = [] }: Update): Promise<boolean> {
    const transaction = (await this.#open()).transaction(["conversations", "messages"], "readwrite", durable);
    const [conversations, messages] = [transaction.objectStore("conversations"), transaction.objectStore("messages")];
    const record = change(await conversations.get(id));
    const writes: Promise<unknown>[] = record
      ? [
          conversations.put(record),
          ...put.map((message) => messages.put(message)),
          ...remove.map((message) => messages.delete(message)),
        ]
      : [];
    await Promise.all([...writes, transaction.done]);
    return record !== undefined;
  }

  /** Implements Backend. */
  async delete(id: string): Promise<void> {
    const transaction = (await this.#open()).transaction(["conversations", "messages"], "readwrite");
    const messages = transaction.objectStore("messages");
    const deleted = [transaction.objectStore("conversations").delete(id)];
    for (const key of await messages.index("conversation").getAllKeys(id)) deleted.push(messages.delete(key));
    await Promise.all([...deleted, transaction.done]);
  }

  /** Closes the database. The next call opens it again. */
  async close(): Promise<void> {
    (await this.#database)?.close();
    this.#database = undefined;
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    this.#database ??= openDatabase(() => void this.close(), this.#terminated);
    this.#database.catch(() => (this.#database = undefined)); // the next call tries again
    return this.#database;
  }

  #terminated = (): void => {
    this.#database = undefined;
    this.#onLost();
  };
}

/** Opens the database. blocking is called when a newer version of the page waits for it to be closed. */
function openDatabase(blocking: () => void, terminated: () => void): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>(DATABASE, SCHEMA_VERSION, {
    upgrade(database) {
      database.createObjectStore("conversations", { keyPath: "id" });
      database.createObjectStore("messages", { keyPath: "id" }).createIndex("conversation", "conversation");
    },
    blocking,
    terminated,
  });
}
