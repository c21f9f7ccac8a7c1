import type { Fault } from "../protocol.js";

/** Trouble from the engine: a code of docs/errors.md, a sentence for a person, and whether trying again can help. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: string;
  readonly retryable: boolean;

  constructor({ code, message, retryable }: Fault) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

/** Gives any thrown value the shape that crosses the wire. What has no code is a bug of ours. */
export function toFault(thrown: unknown): Fault {
  const { code, message, retryable } = (thrown ?? {}) as Partial<Fault>;
  if (typeof code === "string") return { code, message: message ?? code, retryable: retryable ?? false };
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "internal", message: `Something unexpected happened inside Outrider: ${detail}`, retryable: false };
}

/** What a page shows of a thrown value that should never have been. */
export function unexpected(thrown: unknown): EngineError {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new EngineError({ code: "internal", message: `Something unexpected happened in the page: ${detail}`, retryable: true });
}
