// The backend for models that are paged: each file of a model is one file of the origin's private file system, and a
// range of any length is read in one go, straight into the buffer that is handed over.

import type { FileRecord } from "./chunk-index.js";
import { CHUNK_BYTES } from "./chunk-store.js";
import { OPFSFiles } from "./opfs-files.js";
import { type Backend, shortRead } from "./backend.js";

export class OPFSBackend implements Backend {
  readonly #files: OPFSFiles;

  private constructor(files: OPFSFiles) {
    this.#files = files;
  }

  /**
   * Opens the backend; undefined where the browser lacks it. Files that no record names are removed: a tab that was closed
   * at the wrong moment leaves such.
   */
  static async open(name: string, records: () => Promise<FileRecord[]>): Promise<OPFSBackend | undefined> {
    const files = await OPFSFiles.open(name);
    if (!files) return undefined;
    const present = await files.names();
    const known = new Set((await records()).map(({ file }) => file));
    void Promise.all(present.filter((name) => !known.has(name)).map((name) => files.remove(name)));
    return new OPFSBackend(files);
  }

  create(record: FileRecord): Promise<void> {
    return this.#files.create(record.file!);
  }

  async write(record: FileRecord, chunk: number, bytes: ArrayBuffer): Promise<void> {
    await this.#files.use(record.file!, (handle) => {
      const written = handle.write(new Uint8Array(bytes), { at: chunk * CHUNK_BYTES });
      if (written !== bytes.byteLength) throw new DOMException("the disk took only a part", "QuotaExceededError");
      handle.flush();
    });
  }

  async read(record: FileRecord, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer> {
    const buffer = into?.byteLength === length ? into : new ArrayBuffer(length);
    const got = await this.#files.use(record.file!, (handle) => handle.read(new Uint8Array(buffer), { at: offset }));
    if (got !== length) throw shortRead(record.name);
    return buffer;
  }

  discard(record: FileRecord): Promise<void> {
    return this.#files.remove(record.file!);
  }

  /** Takes note that the browser has cleared what the site stored. */
  cleared(): void {
    this.#files.abandon();
  }
}
