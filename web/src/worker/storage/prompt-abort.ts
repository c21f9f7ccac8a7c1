// Answers within a second after an abort, whatever the browser does: a database that another tab blocks never answers.

import { aborted, EngineError } from "../../errors.js";
import type { Call, Handlers } from "../../rpc.js";
import type { StorageMethods } from "./methods.js";

/** Milliseconds in which a method may end by itself after an abort. */
const GRACE = 500;

type Handler = (call: Call<unknown>, ...args: unknown[]) => Promise<unknown>;

/** Returns handlers that reject shortly after their signal has fired. */
export function endingPromptly(handlers: Handlers<StorageMethods>): Handlers<StorageMethods> {
  const wrapped = Object.entries(handlers).map(([name, handler]) => [name, promptly(handler as unknown as Handler)]);
  return Object.fromEntries(wrapped);
}

function promptly(handler: Handler): Handler {
  return (call, ...args) =>
    new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const onAbort = () => {
        timer = setTimeout(() => reject(aborted()), GRACE);
      };
      call.signal.addEventListener("abort", onAbort, { once: true });
      handler(call, ...args)
        .finally(() => {
          clearTimeout(timer);
          call.signal.removeEventListener("abort", onAbort);
        })
        .then(resolve, (error) => reject(call.signal.aborted ? error : explain(error)));
    });
}

/**
 * Returns the error that was thrown; an AbortError without an abort comes from a
 * database that the browser has closed.
 */
function explain(error: unknown): unknown {
  if (!(error instanceof DOMException) || error.name !== "AbortError") return error;
  const message = "the browser has closed the database of the stored models; try again";
  return new EngineError("storage_error", message, { retryable: true });
}
