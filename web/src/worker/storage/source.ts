// Where the bytes of a file come from: a server (network/http-source.ts) or a file that a person picked.

import { EngineError, throwIfAborted } from "../../errors.js";
import type { FileInfo } from "./chunk-store.js";

/** A read that waits for the network or the server. */
export interface Waiting {
  /** Why it waits, for a person. */
  cause: string;
  /** When the next attempt starts, in milliseconds since 1970; 0 if that is not known. */
  until: number;
}

/** What a read may be given besides its range. */
export interface ReadOptions {
  /** The bytes are not needed at once: requests of other reads come first. */
  background?: boolean;
  /** An answer waits for the bytes: requests for them come before all others. */
  demand?: boolean;
  /** Is called when the read begins to wait, and with undefined when it continues. */
  onWaiting?: (waiting: Waiting | undefined) => void;
  /** A buffer in which the bytes may be returned if it has their length. */
  into?: ArrayBuffer;
}

/** Receives how many bytes of the range have arrived; they are the first bytes of `bytes`. */
export type OnBytes = (received: number, bytes: Uint8Array) => void;

/** An open file. */
export interface Source {
  /** The file as it was when it was opened. */
  readonly info: FileInfo;
  /** Returns the bytes from offset on, all of them or an error. */
  read(
    offset: number,
    length: number,
    signal: AbortSignal,
    onBytes: OnBytes,
    options?: ReadOptions,
  ): Promise<ArrayBuffer>;
}

/** A file from a file picker or from drag and drop. The browser reads ranges of it from disk. */
export class LocalSource implements Source {
  readonly info: FileInfo;
  readonly #file: Blob;

  constructor(file: File) {
    this.#file = file;
    this.info = { name: file.name, size: file.size, validator: String(file.lastModified), sha256: "" };
  }

  /** Reads a range. */
  async read(offset: number, length: number, signal: AbortSignal, onBytes: OnBytes): Promise<ArrayBuffer> {
    throwIfAborted(signal);
    const bytes = await this.#file.slice(offset, offset + length).arrayBuffer();
    if (bytes.byteLength !== length) {
      throw new EngineError("truncated", `${this.info.name} is shorter than expected; choose the file again`);
    }
    onBytes(length, new Uint8Array(bytes));
    return bytes;
  }
}
