// The backend for paged models. Each file of a model is one file of the origin's private file system. A range of any
// length is read with one call, directly into the buffer that is returned.

import { type Backend, shortRead } from "./backend.js";
import { CHUNK_BYTES } from "./chunk-store.js";
import { OPFSFiles } from "./opfs-files.js";
import type { FileRecord, Piece } from "./schema.js";
import { retryWrite } from "./transaction.js";

/** Keeps files of the kind "opfs". */
export class OPFSBackend implements Backend {
  readonly #files: OPFSFiles;

  private constructor(files: OPFSFiles) {
    this.#files = files;
  }

  /**
   * Opens the backend; undefined if the browser does not support it. It removes files that belong to no record, which a
   * tab leaves when it is closed while it creates or deletes a file.
   */
  static async open(name: string, records: () => Promise<FileRecord[]>): Promise<OPFSBackend | undefined> {
    const files = await OPFSFiles.open(name);
    if (!files) return undefined;
    const present = await files.names();
    const known = new Set((await records()).map(({ file }) => file));
    void Promise.all(present.filter((name) => !known.has(name)).map((name) => files.remove(name)));
    return new OPFSBackend(files);
  }

  /** Creates the file. */
  create(record: FileRecord): Promise<void> {
    return this.#files.create(record.file!);
  }

  /** Writes the rest of a chunk at its position in the file and flushes it to disk. */
  async write(record: FileRecord, chunk: number, bytes: ArrayBuffer, from: number): Promise<undefined> {
    await this.#write(record, chunk * CHUNK_BYTES + from, new Uint8Array(bytes, from));
  }

  /** Writes a piece at its position in the file and flushes it to disk. */
  async writePiece(record: FileRecord, offset: number, bytes: Uint8Array): Promise<Piece> {
    await this.#write(record, offset, bytes);
    return { bytes: bytes.length };
  }

  #write(record: FileRecord, at: number, bytes: Uint8Array): Promise<void> {
    const write = () =>
      this.#files.use(record.file!, (handle) => {
        if (handle.write(bytes, { at }) !== bytes.length) {
          throw new DOMException("the disk accepted only a part", "QuotaExceededError");
        }
        handle.flush();
      });
    return retryWrite(write);
  }

  /** Reads a piece. */
  async readPiece(record: FileRecord, offset: number, piece: Piece, into: Uint8Array): Promise<void> {
    const target = into.subarray(0, piece.bytes);
    const count = await this.#files.use(record.file!, (handle) => handle.read(target, { at: offset }));
    if (count !== piece.bytes) throw shortRead(record.name);
  }

  /** Reads a range of the file. */
  async read(record: FileRecord, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer> {
    const buffer = into?.byteLength === length ? into : new ArrayBuffer(length);
    const target = new Uint8Array(buffer);
    const count = await this.#files.use(record.file!, (handle) => handle.read(target, { at: offset }));
    if (count !== length) throw shortRead(record.name);
    return buffer;
  }

  /** Removes the file. */
  remove(record: FileRecord): Promise<void> {
    return this.#files.remove(record.file!);
  }

  /** Returns how many of `bytes` can be stored now. */
  freeSpace(bytes: number): Promise<number> {
    return this.#files.freeSpace(bytes);
  }

  /** Must be called when the browser has cleared what the site stored. */
  cleared(): void {
    this.#files.abandonHandles();
  }
}
