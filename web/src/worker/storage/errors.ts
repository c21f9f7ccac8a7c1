// Errors of the browser's storage, with codes.

import { aborted, EngineError } from "../../errors.js";

/** Returns a thrown value as an EngineError. A value that is not one comes from the browser's storage. */
export function toStorageError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const { name = "", message = String(thrown) } = (thrown ?? {}) as Partial<Error>;
  switch (name) {
    case "AbortError":
      return aborted();
    case "QuotaExceededError":
      return new EngineError("storage_full", "the browser's storage is full", { retryable: true });
    case "NotReadableError":
    case "NotFoundError":
      return new EngineError("not_found", "the file can no longer be read; it was moved or changed; choose it again");
  }
  const text = `the browser's storage failed (${name || "error"}: ${message}); reload the page and try again`;
  return new EngineError("storage_error", text, { retryable: true });
}
