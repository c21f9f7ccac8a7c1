// The methods of the storage worker, which the engine worker calls over a MessagePort with rpc.ts.

import type { FileChanges, FileInfo, StoredFile, StoreKind } from "./chunk-store.js";
import type { ExportTarget } from "./export-file.js";
import type { StoreSpeed } from "./probe.js";

/** A source that is open in the storage worker; the number identifies it. */
export interface OpenSource extends FileInfo {
  source: number;
}

/** How a chunk is stored. */
export interface ChunkOptions {
  /** The published SHA-256 of the chunk in lower-case hex. */
  expected?: string;
  /** The chunk is not needed at once: its requests come after those of other chunks. */
  background?: boolean;
  /** A read waits for the chunk: requests for it come before all others. */
  demand?: boolean;
  /** All bytes are read again, even those that are stored; these stay until the others are. */
  replace?: boolean;
  /** Numbers in the chunk that must be finite, as those of a model are; an error of code integrity otherwise. */
  finite?: Floats[];
}

/** Floating-point numbers at equal distances in a chunk. */
export interface Floats {
  /** Offset in the chunk of the first one's two bytes with the exponent, little-endian. */
  start: number;
  /** Distance in bytes. */
  step: number;
  /** How many. */
  count: number;
  /** Bits of the exponent in the two bytes, which are not all set in a finite number. */
  mask: number;
}

/** How far {@link StorageMethods.storeChunk} is. */
export interface ChunkProgress {
  /** Bytes of the chunk that have arrived, those of earlier attempts included. */
  received: number;
  /** Whether the chunk waits for the network or the server. */
  waiting: boolean;
  /** Why it waits, for a person; empty if it does not. */
  cause: string;
  /** When the next attempt starts, in milliseconds since 1970; 0 if that is not known. */
  until: number;
}

/** The methods of the storage worker. ArrayBuffers are transferred. */
export interface StorageMethods {
  /** Opens a file on a server; mirrors are other addresses of the same file. */
  openURL: { args: [url: string, mirrors?: string[]]; result: OpenSource };
  /** Opens a file that a person picked. */
  openPicked: { args: [file: File]; result: OpenSource };
  /** Returns a small text file of at most maxBytes; undefined if the server has none or refuses it. */
  fetchText: { args: [url: string, maxBytes: number]; result: string | undefined };
  /** Closes a source. */
  closeSource: { args: [source: number]; result: void };
  /** Returns all files, complete or not. */
  list: { args: []; result: StoredFile[] };
  /** Returns a file; undefined if there is none. */
  find: { args: [id: string]; result: StoredFile | undefined };
  /** Returns a file's record, which it creates if there is none; see ChunkStore.openFile. */
  openFile: { args: [id: string, info: FileInfo, kind: StoreKind]; result: StoredFile };
  /** Changes what is known about a file. */
  setInfo: { args: [id: string, changes: FileChanges]; result: void };
  /**
   * Reads one chunk from a source, or what earlier attempts have not stored of it, hashes it and stores it. Returns the
   * hash. A chunk that has not the expected hash is refused with an error of code integrity, and none of it is kept.
   */
  storeChunk: {
    args: [id: string, chunk: number, source: number, options?: ChunkOptions];
    progress: ChunkProgress;
    result: string;
  };
  /**
   * Reads a stored chunk, or its first `bytes` if it is longer, from a source again and reports whether they are the
   * stored ones. Stores nothing.
   */
  checkChunk: { args: [id: string, chunk: number, source: number, bytes: number]; result: boolean };
  /** Returns the SHA-256 of a complete file. Progress is the number of bytes hashed. */
  hashFile: { args: [id: string]; progress: number; result: string };
  /** Reads bytes of the store. `into`, which is transferred, is a buffer of the same length to reuse. */
  read: { args: [id: string, offset: number, length: number, into?: ArrayBuffer]; result: ArrayBuffer };
  /** Hashes every chunk again and drops those that differ; returns how many did. Progress: the number of bytes read. */
  verify: { args: [id: string]; progress: number; result: number };
  /** Deletes a file. If another tab uses it, it is removed when that tab ends its use. */
  delete: { args: [id: string]; result: void };
  /** Says that this tab does not use a file any more, which began when it opened, read or stored something of it. */
  endUse: { args: [id: string]; result: void };
  /** Opens a file on the disk, which is read where it is. Errors: file_changed if another one of its name is stored. */
  importFile: { args: [handle: FileSystemFileHandle]; result: StoredFile };
  /**
   * Returns the handle of a file on the disk, for which a page asks permission after an error of code
   * permission_needed; undefined for other files.
   */
  fileHandle: { args: [id: string]; result: FileSystemFileHandle | undefined };
  /** Writes a complete file to a target, which is closed. Progress is the number of bytes written. */
  exportFile: { args: [id: string, target: ExportTarget]; progress: number; result: void };
  /** Returns how many of `bytes` can be stored now. */
  freeSpace: { args: [bytes: number]; result: number };
  /** Limits the bytes per second that all downloads of this worker receive together; 0 removes the limit. */
  setBandwidth: { args: [bytesPerSecond: number]; result: void };
  /** Measures the store on a scratch file, which takes a second or two. */
  probeStore: { args: [kind: StoreKind]; result: StoreSpeed };
  /** Measures the connection to an open source in at most 1.5 s; returns bytes per second. */
  probeLink: { args: [source: number]; result: number };
}

/**
 * Page or engine worker → storage worker: serve the calls of a port. It is sent to the worker itself, port transferred.
 */
export interface Connect {
  kind: "connect";
  port: MessagePort;
}
