// Where files rest, in chunks. One contract for every kind of browser storage; loader/store/contract_test.go runs it.

/** Bytes of every chunk of a file but the last. */
export const CHUNK_BYTES = 16 << 20;

/** The id of the file with which a store is measured; list leaves it out. */
export const SCRATCH = "scratch:";

/** A file as its source knows it. */
export interface FileInfo {
  name: string;
  /** Bytes. */
  size: number;
  /** Changes when the content does: an ETag or a date; empty when the server tells neither. */
  validator: string;
}

/** What holds a file's bytes: Blobs in a database, or a file of the origin's private file system. */
export type StoreKind = "indexeddb" | "opfs";

/** A file in the store. It is complete when it has all its chunks. */
export interface StoredFile extends FileInfo {
  id: string;
  kind: StoreKind;
  /** Which chunks are stored, ascending. */
  chunks: number[];
}

export interface ChunkStore {
  /** Every file, whole or in part. */
  list(): Promise<StoredFile[]>;
  find(id: string): Promise<StoredFile | undefined>;
  /** Makes a record without chunks. A file of the same id and all its chunks are forgotten. */
  add(id: string, info: FileInfo): Promise<StoredFile>;
  /** Stores a chunk and marks it complete with its SHA-256, both or neither. */
  putChunk(id: string, chunk: number, bytes: ArrayBuffer, hash: string): Promise<void>;
  /**
   * The bytes from offset on, all of them or a fault: storage_error when a chunk is missing or its bytes have gone,
   * integrity when they are too few. A chunk of which that was found is missing from then on. `into` may be used if it
   * has that length.
   */
  read(id: string, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer>;
  /**
   * Has a file's bytes held in another way from now on, if the browser can do that: those that are there and those to
   * come. New files are of the kind "indexeddb".
   */
  move(id: string, kind: StoreKind): Promise<StoredFile>;
  /** The SHA-256 a chunk was stored with, lower-case hex; undefined when it is not stored. */
  chunkHash(id: string, chunk: number): Promise<string | undefined>;
  /** Forgets one chunk. */
  dropChunk(id: string, chunk: number): Promise<void>;
  /** Forgets a file, its record and all chunks or nothing. A file that is not there is no error. */
  delete(id: string): Promise<void>;
}

/** How many bytes chunk number `chunk` of a file of `size` bytes has. */
export function chunkLength(size: number, chunk: number): number {
  return Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);
}

/** The first and the last chunk that a range of bytes touches. */
export function chunksOf(offset: number, length: number): { first: number; last: number } {
  const last = Math.floor((offset + Math.max(length, 1) - 1) / CHUNK_BYTES);
  return { first: Math.floor(offset / CHUNK_BYTES), last };
}

/** The SHA-256 of bytes, lower-case hex. */
export async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
