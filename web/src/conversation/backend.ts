// Where conversations are kept: the operations that a store needs of a database.

import type { ConversationRecord, MessageRecord } from "./records.js";

/** Changes of one conversation that are made together or not at all. */
export interface Update {
  /** Returns the record as it is to be; undefined to change nothing. It must not wait for anything. */
  change(record: ConversationRecord | undefined): ConversationRecord | undefined;
  /** Messages to write. */
  put?: readonly MessageRecord[];
  /** Ids of messages to delete. */
  remove?: readonly string[];
}

/** A database of conversations. Calls take effect in their order. */
export interface Backend {
  /** Returns all conversations, in any order. */
  conversations(): Promise<ConversationRecord[]>;
  /** Returns the messages of a conversation, or all, in any order. */
  messages(conversation?: string): Promise<MessageRecord[]>;
  /** Reports whether something was changed. */
  update(id: string, update: Update): Promise<boolean>;
  /** Deletes a conversation with its messages. */
  delete(id: string): Promise<void>;
}
