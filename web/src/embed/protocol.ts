// What crosses between a page and the chat that it shows in a frame (embed.html). docs/embedding.md describes it for
// those who write their own end.
//
// Both ends first find each other with messages between windows; the page then sends a port, over which it calls the
// methods of EmbedMethods with rpc.ts.

import type { ScoutChatEvents, Status } from "../element/events.js";
import type { ErrorData } from "../errors.js";

/** The version of the protocol. It changes when an end of an earlier version would misunderstand messages. */
export const VERSION = 1;

/**
 * A message between the windows; `outrider` is the version of its sender. The page says hello, or the frame has loaded:
 * the frame is `available`. The page connects with a port, which the frame uses, unless it has refused.
 */
export type WindowMessage =
  | { outrider: number; kind: "hello" | "available" | "connect" }
  | { outrider: number; kind: "refused"; reason: string };

/** Returns a message between windows; undefined if a value is none. */
export function windowMessage(value: unknown): WindowMessage | undefined {
  const isMessage = typeof value === "object" && value !== null && "outrider" in value;
  return isMessage ? (value as WindowMessage) : undefined;
}

/** What a page sets of the chat; a field that is left out stays as it is. Each is an attribute of <scout-chat>. */
export interface EmbedSettings {
  model?: string;
  mmproj?: string;
  system?: string;
  temperature?: number;
  lang?: string;
}

/** The names of the settings. */
export const settingNames = ["model", "mmproj", "system", "temperature", "lang"] as const;

/** What the chat is doing, and with which model. */
export interface EmbedState {
  status: Status;
  model: string | null;
}

/** A complete answer. tokensPerSecond is undefined if it was not measured. */
export type EmbedAnswer = ScoutChatEvents["message-received"];

/** The events of the chat with their details; an error is plain data. */
export type EmbedEvents = Omit<ScoutChatEvents, "error-raised"> & { "error-raised": ErrorData };

/** An event of the chat. */
export type EmbedEvent = { [K in keyof EmbedEvents]: { type: K; detail: EmbedEvents[K] } }[keyof EmbedEvents];

/** The methods of the frame. */
export interface EmbedMethods {
  configure: { args: [EmbedSettings]; result: null };
  state: { args: []; result: EmbedState };
  /** Resolves with the answer; with null if it was stopped. */
  send: { args: [text: string]; result: EmbedAnswer | null };
  stop: { args: []; result: null };
  clear: { args: []; result: null };
  /** Reports the events of the chat until the call is aborted. */
  events: { args: []; progress: EmbedEvent; result: null };
}
