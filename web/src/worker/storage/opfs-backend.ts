// The backend for paged models. Each file of a model is one file of the origin's private file system. A range of any
// length is read with one call, directly into the buffer that is returned.

import { type Backend, shortRead } from "./backend.js";
import type { FileRecord } from "./chunk-index.js";
import { CHUNK_BYTES } from "./chunk-store.js";
import { OPFSFiles } from "./opfs-files.js";

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

  /** Writes a chunk at its position in the file and flushes it to disk. */
  async write(record: FileRecord, chunk: number, bytes: ArrayBuffer): Promise<void> {
    await this.#files.use(record.file!, (handle) => {
      const written = handle.write(new Uint8Array(bytes), { at: chunk * CHUNK_BYTES });
      if (written !== bytes.byteLength) {
        throw new DOMException("the disk accepted only part of a chunk", "QuotaExceededError");
      }
      handle.flush();
    });
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

  /** Must be called when the browser has cleared what the site stored. */
  cleared(): void {
    this.#files.abandonHandles();
  }
}
