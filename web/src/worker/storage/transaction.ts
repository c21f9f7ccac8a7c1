// Write transactions of the database: all of it or nothing, and again if the browser failed for no reason.

import type { IDBPTransaction } from "idb";
import { EngineError } from "../../errors.js";
import type { Database, Schema } from "./schema.js";

/** The name of a store. */
export type StoreName = "files" | "chunks" | "bytes" | "pieces";

/** A transaction that may write in some of the stores. */
export type WriteTransaction<Name extends StoreName = StoreName> = IDBPTransaction<Schema, Name[], "readwrite">;

/** All stores. */
export const ALL: StoreName[] = ["files", "chunks", "bytes", "pieces"];

/** How often a write is attempted that fails for a reason that often passes. */
const ATTEMPTS = 4;
const FIRST_DELAY = 100; // milliseconds; it doubles for each further attempt

/**
 * Calls attempt again, up to three times, while it fails with an UnknownError, the browser's word for a disk that did
 * not do what it was asked, or with an InvalidStateError, because the browser has closed the database.
 */
export async function retryWrite<T>(attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const passing = ["UnknownError", "InvalidStateError"].includes((error as Error)?.name);
      if (!passing || failures === ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, FIRST_DELAY * 2 ** (failures - 1)));
  }
}

/**
 * Runs a transaction and throws the first error. Transactions that have a store in common run one after another. A full
 * disk is reported by a request or only when the transaction
 * commits. In the second case the requests fail with a bare AbortError, and the transaction's own error has the cause.
 */
export async function runTransaction<T, Name extends StoreName>(
  db: Database,
  names: Name[],
  body: (tx: WriteTransaction<Name>) => Promise<T>,
): Promise<T> {
  const tx = db.transaction(names, "readwrite");
  const work = body(tx);
  work.catch(() => tx.error ?? tx.abort());
  const [result, end] = await Promise.allSettled([work, tx.done]);
  if (result.status === "fulfilled" && end.status === "fulfilled") return result.value;
  const failures = [result, end].flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  throw failures.find((failure) => failure instanceof EngineError) ?? tx.error ?? cause(failures);
}

/**
 * Returns the failure that is not an AbortError: an AbortError here is never a person's, but follows another failure.
 */
function cause(failures: unknown[]): unknown {
  const found = failures.find((failure) => (failure as Error).name !== "AbortError");
  if (found) return found;
  return new DOMException("the browser gave up storing the model", "UnknownError");
}
