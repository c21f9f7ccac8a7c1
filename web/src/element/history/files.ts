// Conversations to and from files.

import { fileName, type MarkdownWords, toMarkdown } from "../../conversation/markdown.js";
import type { ConversationStore } from "../../conversation/store.js";
import { fromJSON, toJSON } from "../../conversation/transfer.js";

/** Offers one conversation, or all, to the person as a JSON file. */
export async function saveJSON(store: ConversationStore, id?: string): Promise<void> {
  const conversations = await store.export(id);
  const title = id === undefined ? "outrider" : (conversations[0]?.record.title ?? "");
  save(await toJSON(conversations), fileName(title, "json"), "application/json");
}

/** Offers a conversation to the person as a Markdown file. */
export async function saveMarkdown(store: ConversationStore, id: string, words: MarkdownWords): Promise<void> {
  const [conversation] = await store.export(id);
  if (conversation) save(toMarkdown(conversation, words), fileName(conversation.record.title, "md"), "text/markdown");
}

/** Adds the conversations of a file and returns their number. Throws an ImportError for another kind of file. */
export async function importFile(store: ConversationStore, file: Blob): Promise<number> {
  const conversations = fromJSON(await file.text());
  await store.add(conversations);
  return conversations.length;
}

function save(text: string, name: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the download has begun by then
}
