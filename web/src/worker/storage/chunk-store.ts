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

/** A SHA-256 of the first bytes of a file. */
export interface HashState {
  /** Bytes hashed, a whole number of chunks. */
  bytes: number;
  /** The eight words of the state. */
  state: Uint32Array;
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
  /**
   * Stores a chunk and marks it complete with its SHA-256, both or neither. Its pieces are deleted: bytes must begin
   * with them.
   */
  putChunk(id: string, chunk: number, bytes: ArrayBuffer, hash: string): Promise<void>;
  /** Stores bytes of a chunk that is not complete, `start` bytes after its start. Its pieces so far end there. */
  putPiece(id: string, chunk: number, start: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Copies the pieces of a chunk to the start of `into`; returns the number of bytes. */
  readPieces(id: string, chunk: number, into: Uint8Array): Promise<number>;
  /** Deletes the pieces of a chunk. */
  dropPieces(id: string, chunk: number): Promise<void>;
  /**
   * Returns the bytes from offset on, all of them or an error: storage_error if a chunk is not stored or its bytes are
   * gone, integrity if they are not those that were stored, which is checked when a chunk is read for the first time.
   * Such a chunk counts as not stored from then on. The bytes may be returned in `into` if that has the same length.
   */
  read(id: string, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer>;
  /** Returns the SHA-256 with which a chunk was stored, in lower-case hex; undefined if it is not stored. */
  chunkHash(id: string, chunk: number): Promise<string | undefined>;
  /** Deletes one chunk. */
  dropChunk(id: string, chunk: number): Promise<void>;
  /** Returns how far the hash of the whole file has been computed; undefined if it has not been begun. */
  hashState(id: string): Promise<HashState | undefined>;
  /** Keeps how far the hash of the whole file has been computed. Dropping a chunk of those bytes discards it. */
  keepHashState(id: string, state: HashState): Promise<void>;
  /**
   * Deletes a file, its record with all chunks or nothing. It is not an error if there is none. A file that another tab
   * uses is not found any more, and it is removed when no tab uses it.
   */
  delete(id: string): Promise<void>;
  /** Says that this tab does not use a file any more, which began when it opened, read or stored something of it. */
  endUse(id: string): Promise<void>;
  /** Opens a file on the disk, which is read where it is; it is of the kind "handle" and complete. */
  importFile(handle: FileSystemFileHandle): Promise<StoredFile>;
  /** Returns the handle of a file on the disk, for which a page may ask permission; undefined for other files. */
  fileHandle(id: string): Promise<FileSystemFileHandle | undefined>;
  /** Returns how many of `bytes` can be stored now, to a MiB where the browser has private files. */
  freeSpace(bytes: number): Promise<number>;
}

/** Returns the number of chunks of a file of `size` bytes. */
export const numChunks = (size: number) => Math.ceil(size / CHUNK_BYTES);

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
