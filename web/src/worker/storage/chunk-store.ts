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
  /** An ETag or a date; empty if the server sends neither. It is a hint: servers change it for equal bytes. */
  validator: string;
  /** The published SHA-256 of the whole file in lower-case hex; empty if none is known. */
  sha256: string;
}

/**
 * What holds a file's bytes: Blobs in a database, a file of the origin's private file system, or a file on the disk.
 */
export type StoreKind = "indexeddb" | "opfs" | "handle";

/** What {@link ChunkStore.setInfo} changes of a file; members that are missing stay as they are. */
export interface FileChanges {
  validator?: string;
  sha256?: string;
  hashes?: string[];
  verified?: boolean;
  used?: number;
  vision?: string;
}

/** A file in the store. It is complete when all its chunks are stored. */
export interface StoredFile extends FileInfo {
  id: string;
  kind: StoreKind;
  /** The stored chunks, ascending. */
  chunks: number[];
  /** Bytes that have arrived of chunks that are not complete. */
  partialBytes: number;
  /** The published SHA-256 of each chunk in lower-case hex; empty if none are known. */
  hashes: string[];
  /** Whether all bytes have been found to have the published SHA-256. */
  verified: boolean;
  /** When the file was last opened, in milliseconds since 1970; 0 if that is not known. */
  used: number;
  /** Id of the vision file of the model that begins with this file; empty if none is known. */
  vision: string;
}

/** A store of files. */
export interface ChunkStore {
  /** Returns every file, complete or not. */
  list(): Promise<StoredFile[]>;
  /** Returns a file; undefined if there is none. */
  find(id: string): Promise<StoredFile | undefined>;
  /**
   * Returns the record of a file; it creates one without chunks if there is none. A file of another kind is moved to
   * `kind` with its chunks, unless the browser does not support that kind or the file is on the disk. The info of a
   * record that exists stays as it is. Tabs that call it at once get the same record.
   */
  openFile(id: string, info: FileInfo, kind: StoreKind): Promise<StoredFile>;
  /** Changes what is known about a file. */
  setInfo(id: string, changes: FileChanges): Promise<void>;
  /** Stores a chunk and marks it complete with its SHA-256, both or neither. */
  putChunk(id: string, chunk: number, bytes: ArrayBuffer, hash: string): Promise<void>;
  /**
   * Returns the bytes from offset on, all of them or an error: storage_error if a chunk is not stored or its bytes are
   * gone, integrity if it has fewer bytes than were stored. Such a chunk counts as not stored from then on. The bytes
   * may be returned in `into` if that has the same length.
   */
  read(id: string, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer>;
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
