// The errors that reach people and programs: a code, a message and whether trying again can help. Between threads they
// cross as data, because a class instance that is posted arrives as a bare Error.
//
// Messages have the style of Go's: lower case, no period at the end, and a semicolon between what happened and what to
// do about it.

/** The codes of internal/errs; docs/errors.md explains each. A test compares the three lists. */
export type ErrorCode =
  | "not_gguf"
  | "truncated"
  | "bad_header"
  | "unsupported_architecture"
  | "unsupported_tensor_type"
  | "unsupported_tokenizer"
  | "unsupported_template"
  | "bad_model"
  | "integrity"
  | "file_changed"
  | "no_ranges"
  | "compressed_ranges"
  | "no_cors"
  | "not_found"
  | "http_status"
  | "address_needed"
  | "too_many_redirects"
  | "connection_lost"
  | "storage_full"
  | "storage_error"
  | "permission_needed"
  | "newer_store"
  | "no_webgpu"
  | "no_adapter"
  | "limits_too_small"
  | "out_of_memory"
  | "device_lost"
  | "bad_image"
  | "unsupported_image"
  | "image_too_large"
  | "invalid_request"
  | "context_full"
  | "aborted"
  | "internal";

/** An error as it crosses between page, workers and Go; jsbridge makes the same of a Go error. */
export interface ErrorData {
  code: ErrorCode;
  /** What happened and what to do about it, for a person. */
  message: string;
  /** The same call may succeed later. */
  retryable: boolean;
  /** Milliseconds for which the server asked to be left alone; absent or 0 if it did not. */
  retryAfter?: number;
}

/** Whether and when the same call may succeed. */
export type Retrying = Partial<Pick<ErrorData, "retryable" | "retryAfter">>;

/** The class of every error that Outrider throws. */
export class EngineError extends Error implements ErrorData {
  override readonly name = "EngineError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Milliseconds for which the server asked to be left alone; 0 if it did not. */
  readonly retryAfter: number;

  /** Makes an error; trying again does not help unless `retryable` is set. */
  constructor(code: ErrorCode, message: string, { retryable = false, retryAfter = 0 }: Retrying = {}) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.retryAfter = retryAfter;
  }
}

/** Returns what a promise rejects with after its AbortSignal has fired. */
export const aborted = () => new EngineError("aborted", "stopped", { retryable: true });

/** Throws {@link aborted} if the signal has fired. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw aborted();
}

/** Returns the data of a thrown value. One that is not an error of ours is a bug and gets the code `internal`. */
export function toErrorData(thrown: unknown): ErrorData {
  if (!isErrorData(thrown)) return toErrorData(unexpected("inside Outrider", thrown));
  const { code, message, retryable, retryAfter = 0 } = thrown;
  return { code, message, retryable, retryAfter };
}

/** Returns the error that data describes. */
export function fromErrorData({ code, message, ...retrying }: ErrorData): EngineError {
  return new EngineError(code, message, retrying);
}

/**
 * Returns an error of code `internal` for a value that was thrown by mistake; where completes "something unexpected
 * happened".
 */
export function unexpected(where: string, thrown: unknown, retryable = false): EngineError {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new EngineError("internal", `something unexpected happened ${where}: ${detail}`, { retryable });
}

function isErrorData(value: unknown): value is ErrorData {
  const { code, message, retryable } = (value ?? {}) as Partial<ErrorData>;
  return typeof code === "string" && typeof message === "string" && typeof retryable === "boolean";
}
