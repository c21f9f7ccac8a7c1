// The backend that every browser has: chunks as Blob records of the chunk index's database, because a Blob can be read in
// part and stays on disk until it is.

import type { ChunkIndex, FileRecord } from "./chunk-index.js";
import { CHUNK_BYTES, chunkLength, chunksOf } from "./chunk-store.js";
import { type Backend, shortRead } from "./backend.js";

export class BlobBackend implements Backend {
  readonly #index: ChunkIndex;

  constructor(index: ChunkIndex) {
    this.#index = index;
  }

  async create(): Promise<void> {}

  async write(record: FileRecord, chunk: number, bytes: ArrayBuffer): Promise<void> {
    await this.#index.putBlob(record, chunk, new Blob([bytes]));
  }

  /** Reads all chunks as one Blob: the browser then fills one buffer, which is faster than several that are put together. */
  async read(record: FileRecord, offset: number, length: number): Promise<ArrayBuffer> {
    const { first, last } = chunksOf(offset, length);
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

  /** The chunk index has deleted the Blobs together with the record. */
  async discard(): Promise<void> {}
}
