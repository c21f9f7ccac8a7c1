// The messages of a conversation, and the prompt made of them.

import type { ChatMessage, ContentPart } from "../client/openai.js";
import type { ChatProgress, PagingStats } from "../protocol.js";
import type { Picture } from "./attachments.js";

/** One message of a conversation. A change replaces it by another with the same id. */
export interface Message {
  readonly id: number;
  readonly role: "user" | "assistant";
  readonly text: string;
  readonly pictures: readonly Picture[];
  /** What the engine does while the next word of this answer does not come. */
  readonly activity?: ChatProgress | undefined;
  /** Tokens a second, of a finished answer. */
  readonly speed?: number | undefined;
  /** Paging statistics of a finished answer. */
  readonly paging?: PagingStats | null | undefined;
  /** Why an answer ended before the model ended it: stopped by the person, or no space left in the context. */
  readonly cut?: "stopped" | "length" | undefined;
}

/** Returns the messages of a request: system, unless it is empty, then the conversation. */
export function promptOf(system: string | null, messages: readonly Message[]): ChatMessage[] {
  const first: ChatMessage[] = system ? [{ role: "system", content: system }] : [];
  return [...first, ...messages.map(({ role, text, pictures }) => ({ role, content: contentOf(text, pictures) }))];
}

/** Returns a message's content. Pictures come before the text, as in the training of Llama 4. */
function contentOf(text: string, pictures: readonly Picture[]): string | ContentPart[] {
  if (pictures.length === 0) return text;
  const images = pictures.map(({ url }) => ({ type: "image_url" as const, image_url: { url } }));
  return text ? [...images, { type: "text", text }] : images;
}
