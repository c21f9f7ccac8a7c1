// The backend that every browser supports: chunks as Blob records in the chunk index's database. A Blob can be read in
// part, and its bytes stay on disk until then.

import { type Backend, shortRead } from "./backend.js";
import type { ChunkIndex, FileRecord } from "./chunk-index.js";
import { CHUNK_BYTES, chunkLength, chunkRange } from "./chunk-store.js";

/** Keeps files of the kind "indexeddb". */
export class BlobBackend implements Backend {
  readonly #index: ChunkIndex;

  constructor(index: ChunkIndex) {
    this.#index = index;
  }

  /** Does nothing: records need no preparation. */
  async create(): Promise<void> {}

  /** Stores a chunk as a Blob. */
  async write(record: FileRecord, chunk: number, bytes: ArrayBuffer): Promise<void> {
    await this.#index.putBlob(record, chunk, new Blob([bytes]));
  }

  /** Reads all chunks as one Blob: the browser fills one buffer, which is faster than joining several. */
  async read(record: FileRecord, offset: number, length: number): Promise<ArrayBuffer> {
    const { first, last } = chunkRange(offset, length);
    const blobs = await this.#index.blobs(record.id, first, last);
    const pieces = blobs.map((blob, i) => {
      if (!blob) throw new DOMException("a chunk has no bytes", "NotFoundError");
      if (blob.size !== chunkLength(record.size, first + i)) throw shortRead(record.name);
      const start = (first + i) * CHUNK_BYTES;
      return blob.slice(Math.max(offset, start) - start, offset + length - start);
    });
    const bytes = await (pieces.length === 1 ? pieces[0]! : new Blob(pieces)).arrayBuffer();
    if (bytes.byteLength !== length) throw shortRead(record.name);
    return bytes;
  }

  /** Does nothing: the chunk index has deleted the Blobs together with the record. */
  async remove(): Promise<void> {}
}
