// The events of <scout-chat>. All of them bubble and are composed.

import type { EngineError } from "../client/index.js";
import type { LoadedModel, Progress } from "../protocol.js";

/** What a <scout-chat> does. */
export type Status = "idle" | "loading" | "ready" | "generating" | "error";

/** Event types with the type of their `detail`. */
export interface ScoutChatEvents {
  "status-changed": { status: Status };
  "load-progress": Progress;
  "model-loaded": LoadedModel;
  /** pictures is their number. */
  "message-sent": { text: string; pictures: number };
  /** tokensPerSecond is undefined if it was not measured. */
  "message-received": { text: string; tokensPerSecond: number | undefined };
  "error-raised": EngineError;
}

/** The events of <scout-chat> by type. */
export type ScoutChatEventMap = { [K in keyof ScoutChatEvents]: CustomEvent<ScoutChatEvents[K]> };

declare global {
  interface HTMLElementEventMap extends ScoutChatEventMap {}
}

/** Dispatches an event. */
export function emit<K extends keyof ScoutChatEvents>(target: EventTarget, type: K, detail: ScoutChatEvents[K]): void {
  target.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
}
