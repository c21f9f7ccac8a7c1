// Conversations and messages as they are stored.

import type { Message, Picture } from "./message.js";

/** A picture as it is stored. */
export interface StoredPicture {
  name: string;
  blob: Blob;
}

/** A message that is being written. */
export interface StoredDraft {
  text: string;
  pictures: StoredPicture[];
}

/** What is stored of a conversation besides its messages. */
export interface ConversationRecord {
  id: string;
  /** The first message's words, until the person renames the conversation; empty without messages. */
  title: string;
  pinned: boolean;
  /** In milliseconds since 1970, as `updated`. */
  created: number;
  updated: number;
  /** Name of the model that answered last; empty if none has. */
  model: string;
  /** The end of the branch that was shown last. */
  leaf: string | null;
  draft?: StoredDraft | undefined;
  /** An answer is under way, or the page that wrote it has ended without a word. */
  answering?: boolean | undefined;
}

/** A message as it is stored. */
export interface MessageRecord extends Omit<Message, "pictures" | "activity"> {
  /** Id of its conversation. */
  conversation: string;
  pictures: StoredPicture[];
}

/** Returns the record of a new conversation, which nothing is written in yet. */
export function newRecord(id: string): ConversationRecord {
  return { id, title: "", pinned: false, created: Date.now(), updated: 0, model: "", leaf: null };
}

/** Returns the record of a message. A growing answer counts as interrupted until its end is stored. */
export function recordOf(conversation: string, message: Message, growing: boolean): MessageRecord {
  const { activity: _, pictures, cut, ...rest } = message;
  return { ...rest, conversation, cut: growing ? "interrupted" : cut, pictures: storedPictures(pictures) };
}

/** Returns pictures as they are stored. */
export function storedPictures(pictures: readonly Picture[]): StoredPicture[] {
  return pictures.map(({ name, blob }) => ({ name, blob }));
}

/** Returns the message of a record. Its pictures have addresses, which are the caller's to release. */
export function messageOf({ conversation: _, pictures, ...rest }: MessageRecord): Message {
  const open = ({ name, blob }: StoredPicture, i: number): Picture => {
    return { id: i + 1, name, blob, url: URL.createObjectURL(blob), checked: true };
  };
  return { ...rest, pictures: pictures.map(open) };
}

/** Returns the first words of a text as a title. */
export function titleOf(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= MAX_TITLE) return line;
  const cut = line.slice(0, MAX_TITLE);
  return `${cut.replace(/ \S*$/, "")}…`;
}

/** Longest title that is made of a message, in UTF-16 code units. */
const MAX_TITLE = 60;
