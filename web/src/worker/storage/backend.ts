// Where the bytes of chunks are kept. A backend keeps the bytes it is given; the chunk index knows which are complete.

import { EngineError } from "../../errors.js";
import type { FileRecord, Piece } from "./schema.js";

/** What a kind of storage does with the bytes of files. */
export interface Backend {
  /** Prepares storage for the bytes of a new file. */
  create(record: FileRecord): Promise<void>;
  /**
   * Writes a chunk, whose first `from` bytes are in pieces. When the promise is fulfilled, the bytes survive a crash of
   * the browser. The chunk index takes over the Blob that it returns.
   */
  write(record: FileRecord, chunk: number, bytes: ArrayBuffer, from: number): Promise<Blob | undefined>;
  /** Writes bytes of a chunk that is not complete; returns what the chunk index keeps of them. */
  writePiece(record: FileRecord, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<Piece>;
  /** Copies a piece at an offset of the file into a buffer of its length. */
  readPiece(record: FileRecord, offset: number, piece: Piece, into: Uint8Array): Promise<void>;
  /** Returns the bytes from offset on. It may return them in `into` if that has the same length. */
  read(record: FileRecord, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer>;
  /** Frees the storage of a file that is no longer in the chunk index. */
  remove(record: FileRecord): Promise<void>;
}

/** Reports whether an error says that bytes which the chunk index counts as stored are gone. */
export const isGone = (error: unknown) => ["NotFoundError", "NotReadableError"].includes((error as Error)?.name);

/** Returns the error of a chunk that has fewer bytes than were stored. */
export const shortRead = (name: string) =>
  new EngineError("integrity", `the stored bytes of ${name} are incomplete; download the model again`, {
    retryable: true,
  });
