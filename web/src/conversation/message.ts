// A message of a conversation as the page keeps it in memory.

import type { ChatProgress, PagingStats } from "../protocol.js";

/** A picture of a message. */
export interface Picture {
  readonly id: number;
  /** Name of its file. */
  readonly name: string;
  /** A blob: address, valid until release. */
  readonly url: string;
  /** Whether the engine has found that it can read the picture. */
  readonly checked: boolean;
  /** Its file, which is stored with the conversation. */
  readonly blob: Blob;
}

/**
 * Why an answer ended early: stopped by the person, no space left in the context, the page or the engine ended, or the
 * model repeated the same text again and again.
 */
export type Cut = "stopped" | "length" | "interrupted" | "repeated";

/** One message of a conversation. A change replaces it by another with the same id. */
export interface Message {
  readonly id: string;
  /** The message before it; null for a first one. Messages with the same parent are branches. */
  readonly parent: string | null;
  readonly role: "user" | "assistant";
  readonly text: string;
  readonly pictures: readonly Picture[];
  /** When it was written, in milliseconds since 1970. */
  readonly created: number;
  /** Name of the model that answered. */
  readonly model?: string | undefined;
  /** What the engine does while the next word of this answer does not come. */
  readonly activity?: ChatProgress | undefined;
  /** Tokens a second, of a finished answer. */
  readonly speed?: number | undefined;
  /** Paging statistics of a finished answer. */
  readonly paging?: PagingStats | null | undefined;
  /** Why an answer ended before the model ended it. */
  readonly cut?: Cut | undefined;
}

/** Returns a new message after parent. */
export function newMessage(fields: Pick<Message, "parent" | "role" | "text"> & Partial<Message>): Message {
  return { id: crypto.randomUUID(), pictures: [], created: Date.now(), ...fields };
}

/** Revokes the addresses of pictures. */
export function release(pictures: readonly Picture[]): void {
  for (const { url } of pictures) URL.revokeObjectURL(url);
}
