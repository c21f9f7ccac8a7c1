// Where the bytes of chunks rest. A backend holds what it was given; whether that is complete, the chunk index says.

import type { FileRecord } from "./chunk-index.js";
import { EngineError } from "../../errors.js";

export interface Backend {
  /** Makes room for the bytes of a new file. */
  create(record: FileRecord): Promise<void>;
  /** Writes a chunk; when it returns, the bytes outlast a crash of the browser. */
  write(record: FileRecord, chunk: number, bytes: ArrayBuffer): Promise<void>;
  /** The bytes from offset on, into a buffer of that length if one is offered and can be used. */
  read(record: FileRecord, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer>;
  /** Gives the room of a file back that the chunk index has forgotten. */
  discard(record: FileRecord): Promise<void>;
}

/** Whether an error says that bytes are gone which the chunk index counts as stored. */
export const isGone = (error: unknown) => ["NotFoundError", "NotReadableError"].includes((error as Error)?.name);

export const shortRead = (name: string) =>
  new EngineError("integrity", `the stored bytes of ${name} are incomplete; download the model again`, { retryable: true });
