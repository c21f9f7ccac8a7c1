// The methods of the storage worker, which the engine worker calls over a MessagePort with rpc.ts.

import type { FileInfo, StoredFile, StoreKind } from "./chunk-store.js";
import type { StoreSpeed } from "./probe.js";

/** A source that is open in the storage worker; the number identifies it. */
export interface OpenSource extends FileInfo {
  source: number;
}

/** The methods of the storage worker. ArrayBuffers are transferred. */
export interface StorageMethods {
  /** Opens a file on a server. */
  openURL: { args: [url: string]; result: OpenSource };
  /** Opens a file that a person picked. */
  openFile: { args: [file: File]; result: OpenSource };
  /** Closes a source. */
  closeSource: { args: [source: number]; result: void };
  /** Returns all files, complete or not. */
  list: { args: []; result: StoredFile[] };
  /** Returns a file; undefined if there is none. */
  find: { args: [id: string]; result: StoredFile | undefined };
  /** Creates a record without chunks; a file of the same id is deleted with its chunks. */
  add: { args: [id: string, info: FileInfo]; result: StoredFile };
  /** Moves a file to another kind of storage if the browser supports it. */
  move: { args: [id: string, kind: StoreKind]; result: StoredFile };
  /** Reads one chunk from a source, hashes it and stores it. Progress is the number of its bytes that have arrived. */
  storeChunk: { args: [id: string, chunk: number, source: number]; progress: number; result: void };
  /** Reads bytes of the store. `into`, which is transferred, is a buffer of the same length to reuse. */
  read: { args: [id: string, offset: number, length: number, into?: ArrayBuffer]; result: ArrayBuffer };
  /** Hashes every chunk again and drops those that differ; returns how many did. */
  verify: { args: [id: string]; result: number };
  /** Deletes a file. */
  delete: { args: [id: string]; result: void };
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
