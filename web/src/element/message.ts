// The prompt made of the messages of a conversation.

import type { ChatMessage, ContentPart } from "../client/openai.js";
import type { Message, Picture } from "../conversation/message.js";

export type { Message } from "../conversation/message.js";

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
