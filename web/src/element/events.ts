// The events of <scout-chat>. All bubble and cross shadow roots.

import type { EngineError } from "../client/index.js";
import type { LoadedModel, Progress } from "../protocol.js";

export type Status = "idle" | "loading" | "ready" | "generating" | "error";

export interface ScoutChatEvents {
  "status-changed": { status: Status };
  "load-progress": Progress;
  "model-loaded": LoadedModel;
  "message-sent": { text: string; pictures: number };
  "message-received": { text: string; tokensPerSecond: number | undefined };
  "error-raised": EngineError;
}

export function emit<K extends keyof ScoutChatEvents>(target: EventTarget, type: K, detail: ScoutChatEvents[K]): void {
  target.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
}
