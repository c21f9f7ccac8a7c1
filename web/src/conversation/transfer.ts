// Conversations as JSON, to keep them or to take them to another browser.

import type { Cut } from "./message.js";
import type { ConversationRecord, MessageRecord, StoredPicture } from "./records.js";
import type { StoredConversation } from "./store.js";

/** What the file says that it is. */
const FORMAT = "outrider-conversations";
/** Why an answer can have ended early. */
const cuts: readonly Cut[] = ["stopped", "length", "interrupted", "repeated"];
/** Version of the format. */
const VERSION = 1;

/** Why a file is not an export of conversations, or cannot be read. */
export type ImportProblem = "not_json" | "not_export" | "newer" | "damaged";

/** A file that cannot be imported. Nothing of it was. */
export class ImportError extends Error {
  readonly problem: ImportProblem;
  /** Which conversation is damaged, from 1; 0 if it is not one of them. */
  readonly position: number;

  /** Makes the error. */
  constructor(problem: ImportProblem, position = 0) {
    super(problem);
    this.problem = problem;
    this.position = position;
  }
}

/** Returns conversations as JSON. Drafts are not part of it. */
export async function toJSON(conversations: readonly StoredConversation[]): Promise<string> {
  const all = await Promise.all(conversations.map(exported));
  return JSON.stringify({ format: FORMAT, version: VERSION, conversations: all }, null, 1);
}

/** Returns the conversations of a file, with new ids. Throws an ImportError if anything in it is not as it must be. */
export function fromJSON(text: string): StoredConversation[] {
  const file = parse(text);
  if (file.format !== FORMAT || !Array.isArray(file.conversations)) throw new ImportError("not_export");
  if (file.version !== VERSION) throw new ImportError("newer");
  return file.conversations.map((conversation, i) => {
    try {
      return imported(conversation);
    } catch {
      throw new ImportError("damaged", i + 1);
    }
  });
}

function parse(text: string): Fields {
  try {
    return fields(JSON.parse(text));
  } catch {
    throw new ImportError("not_json");
  }
}

async function exported({ record, messages }: StoredConversation) {
  const { title, pinned, created, updated, model, leaf } = record;
  const ordered = messages.toSorted((a, b) => a.created - b.created);
  const all = await Promise.all(
    ordered.map(async ({ conversation: _, pictures, ...rest }) => {
      return { ...rest, pictures: await Promise.all(pictures.map(exportedPicture)) };
    }),
  );
  return { title, pinned, created, updated, model, leaf, messages: all };
}

async function exportedPicture({ name, blob }: StoredPicture) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x8000)
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return { name, type: blob.type, base64: btoa(pieces.join("")) };
}

function imported(value: unknown): StoredConversation {
  const conversation = fields(value);
  const ids = new Map<unknown, string>();
  const list = array(conversation.messages).map(fields);
  for (const { id } of list) ids.set(string(id), crypto.randomUUID());
  const id = crypto.randomUUID();
  const messages = list.map((message) => importedMessage(message, id, ids));
  if (messages.length === 0 || ids.size !== messages.length) throw new TypeError("no messages, or two with one id");
  const record: ConversationRecord = {
    id,
    title: string(conversation.title) || "…",
    pinned: conversation.pinned === true,
    created: number(conversation.created),
    updated: number(conversation.updated),
    model: string(conversation.model),
    leaf: ids.get(conversation.leaf) ?? null,
  };
  return { record, messages };
}

function importedMessage(message: Fields, conversation: string, ids: ReadonlyMap<unknown, string>): MessageRecord {
  const { role, parent, cut } = message;
  if (role !== "user" && role !== "assistant") throw new TypeError("role");
  if (parent !== null && !ids.has(parent)) throw new TypeError("parent");
  return {
    id: ids.get(message.id)!,
    conversation,
    parent: parent === null ? null : ids.get(parent)!,
    role,
    text: string(message.text),
    created: number(message.created),
    model: message.model === undefined ? undefined : string(message.model),
    speed: message.speed === undefined ? undefined : number(message.speed),
    cut: cuts.find((known) => known === cut),
    pictures: array(message.pictures).map(importedPicture),
  };
}

function importedPicture(value: unknown): StoredPicture {
  const { name, type, base64 } = fields(value);
  const bytes = Uint8Array.from(atob(string(base64)), (c) => c.charCodeAt(0));
  return { name: string(name), blob: new Blob([bytes], { type: string(type) }) };
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  if (typeof value !== "object" || value === null) throw new TypeError("object");
  return value as Fields;
}

function array(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError("array");
  return value;
}

function string(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("string");
  return value;
}

function number(value: unknown): number {
  if (!Number.isFinite(value)) throw new TypeError("number");
  return value as number;
}
