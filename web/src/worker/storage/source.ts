// Where the bytes of a file come from: a server (http-source.ts) or a file that a person picked.

import { EngineError, throwIfAborted } from "../../errors.js";
import type { FileInfo } from "./chunk-store.js";

/** An open file. */
export interface Source {
  /** The file as it was when it was opened. */
  readonly info: FileInfo;
  /** Returns the bytes from offset on, all of them or an error. onBytes receives the number of bytes read so far. */
  read(offset: number, length: number, signal: AbortSignal, onBytes: (received: number) => void): Promise<ArrayBuffer>;
}

/** A file from a file picker or from drag and drop. The browser reads ranges of it from disk. */
export class LocalSource implements Source {
  readonly info: FileInfo;
  readonly #file: Blob;

  constructor(file: File) {
    this.#file = file;
    this.info = { name: file.name, size: file.size, validator: String(file.lastModified) };
  }

  /** Reads a range. */
  async read(
    offset: number,
    length: number,
    signal: AbortSignal,
    onBytes: (received: number) => void,
  ): Promise<ArrayBuffer> {
    throwIfAborted(signal);
    const bytes = await this.#file.slice(offset, offset + length).arrayBuffer();
    if (bytes.byteLength !== length) {
      throw new EngineError("truncated", `${this.info.name} is shorter than expected; choose the file again`);
    }
    onBytes(length);
    return bytes;
  }
}
