// Trouble inside the storage worker, in the shape in which it crosses to Go: {code, message, retryable}, codes as in
// internal/errs.

import type { Fault } from "../../protocol.js";

export class StorageFault extends Error implements Fault {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, retryable = false) {
    super(message);
    this.name = "StorageFault";
    this.code = code;
    this.retryable = retryable;
  }
}

export const aborted = () => new StorageFault("aborted", "Stopped.", true);

/** Any thrown thing as a fault; what is not one already came from the browser's storage. */
export function asFault(error: unknown): StorageFault {
  if (error instanceof StorageFault) return error;
  const { name = "", message = String(error) } = (error ?? {}) as Partial<Error>;
  switch (name) {
    case "AbortError":
      return aborted();
    case "QuotaExceededError":
      return new StorageFault("storage_full", "The browser's storage is full", true);
    case "NotReadableError":
    case "NotFoundError":
      return new StorageFault("not_found", "The file can no longer be read; it was moved or changed. Choose it again.");
  }
  return new StorageFault("storage_error", `The browser's storage failed (${name || "error"}: ${message}). Reload the page and try again.`, true);
}

/** Throws when the request has been aborted. */
export function check(signal: AbortSignal): void {
  if (signal.aborted) throw aborted();
}
