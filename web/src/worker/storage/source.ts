// Where bytes come from: a server (http.ts) or a file that a person picked.

import type { FileInfo } from "./chunk-store.js";
import { EngineError, throwIfAborted } from "../../errors.js";

export interface Source {
  readonly info: FileInfo;
  /** The bytes from offset on, all of them or a fault. onBytes hears how many have arrived so far. */
  read(offset: number, length: number, signal: AbortSignal, onBytes: (received: number) => void): Promise<ArrayBuffer>;
}

/** A file from a picker or from drag and drop. The browser reads it from disk piece by piece. */
export class LocalSource implements Source {
  readonly info: FileInfo;
  readonly #file: Blob;

  constructor(file: File) {
    this.#file = file;
    this.info = { name: file.name, size: file.size, validator: String(file.lastModified) };
  }

  async read(offset: number, length: number, signal: AbortSignal, onBytes: (received: number) => void): Promise<ArrayBuffer> {
    throwIfAborted(signal);
    const bytes = await this.#file.slice(offset, offset + length).arrayBuffer();
    if (bytes.byteLength !== length) throw new EngineError("truncated", `${this.info.name} ends too early; choose the file again`);
    onBytes(length);
    return bytes;
  }
}
