// A conversation as a Markdown text, for people.

import type { StoredConversation } from "./store.js";
import { newestLeaf, pathTo } from "./tree.js";

/** The words of the text that are not the conversation's. */
export interface MarkdownWords {
  you: string;
  answer: string;
}

/** Returns the branch of a conversation that is shown, as Markdown. Pictures are named. */
export function toMarkdown({ record, messages }: StoredConversation, words: MarkdownWords): string {
  const path = pathTo(messages, record.leaf ?? newestLeaf(messages, null));
  const parts = path.map(({ role, text, pictures, model }) => {
    const heading = role === "user" ? words.you : (model ?? words.answer);
    return [`## ${heading}`, ...pictures.map(({ name }) => `*${name}*`), text].filter(Boolean).join("\n\n");
  });
  return `${[`# ${record.title}`, ...parts].join("\n\n")}\n`;
}

/** Returns a file name made of a title. */
export function fileName(title: string, ending: string): string {
  const name = title.replace(/[^\p{L}\p{N} ._-]+/gu, "").trim();
  return `${name.slice(0, 60) || "conversation"}.${ending}`;
}
