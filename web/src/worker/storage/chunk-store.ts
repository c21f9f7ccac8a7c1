// The interface of the store: files divided into chunks. loader/store/contract_test.go tests its implementations.

/** Size in bytes of every chunk of a file but the last. ChunkBytes in loader/store/store.go is the same. */
export const CHUNK_BYTES = 16 << 20;

/** Id of the file with which a store's speed is measured. {@link ChunkStore.list} leaves it out. */
export const SCRATCH_ID = "scratch:";

/** A file as its source describes it. */
export interface FileInfo {
  name: string;
  /** Bytes. */
  size: number;
  /** Changes when the content does: an ETag or a date; empty if the server sends neither. */
  validator: string;
}

/** What holds a file's bytes: Blobs in a database, or a file of the origin's private file system. */
export type StoreKind = "indexeddb" | "opfs";

/** A file in the store. It is complete when all its chunks are stored. */
export interface StoredFile extends FileInfo {
  id: string;
  kind: StoreKind;
  /** The stored chunks, ascending. */
  chunks: number[];
}

/** A store of files. */
export interface ChunkStore {
  /** Returns every file, complete or not. */
  list(): Promise<StoredFile[]>;
  /** Returns a file; undefined if there is none. */
  find(id: string): Promise<StoredFile | undefined>;
  /** Creates a record without chunks. A file of the same id is deleted with its chunks. */
  add(id: string, info: FileInfo): Promise<StoredFile>;
  /** Stores a chunk and marks it complete with its SHA-256, both or neither. */
  putChunk(id: string, chunk: number, bytes: ArrayBuffer, hash: string): Promise<void>;
  /**
   * Returns the bytes from offset on, all of them or an error: storage_error if a chunk is not stored or its bytes are
   * gone, integrity if it has fewer bytes than were stored. Such a chunk counts as not stored from then on. The bytes
   * may be returned in `into` if that has the same length.
   */
  read(id: string, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer>;
  /**
   * Moves a file to another kind of storage if the browser supports it: the chunks that are stored and those stored
   * later. New files are of the kind "indexeddb".
   */
  move(id: string, kind: StoreKind): Promise<StoredFile>;
  /** Returns the SHA-256 with which a chunk was stored, in lower-case hex; undefined if it is not stored. */
  chunkHash(id: string, chunk: number): Promise<string | undefined>;
  /** Deletes one chunk. */
  dropChunk(id: string, chunk: number): Promise<void>;
  /** Deletes a file, its record with all chunks or nothing. It is not an error if there is none. */
  delete(id: string): Promise<void>;
}

/** Returns the number of bytes of a chunk of a file of `size` bytes. */
export function chunkLength(size: number, chunk: number): number {
  return Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);
}

/** Returns the first and the last chunk of a range of bytes. */
export function chunkRange(offset: number, length: number): { first: number; last: number } {
  const last = Math.floor((offset + Math.max(length, 1) - 1) / CHUNK_BYTES);
  return { first: Math.floor(offset / CHUNK_BYTES), last };
}

/** Returns the SHA-256 of bytes in lower-case hex. */
export async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
