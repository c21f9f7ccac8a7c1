// The wire between the engine worker and the storage worker: one MessagePort, requests with ids. The last answer to a
// request is a result or an error; storeChunk may be preceded by its progress. ArrayBuffers are transferred.

import type { ErrorData } from "../../errors.js";
import type { FileInfo, StoredFile, StoreKind } from "./chunk-store.js";
import type { StoreSpeed } from "./probe.js";

/** A source that is open in the storage worker. */
export interface OpenSource extends FileInfo {
  source: number;
}

/** What can be asked, by name: arguments and result. */
export interface Methods {
  openURL(url: string): OpenSource;
  openFile(file: File): OpenSource;
  closeSource(source: number): void;
  list(): StoredFile[];
  find(id: string): StoredFile | undefined;
  add(id: string, info: FileInfo): StoredFile;
  move(id: string, kind: StoreKind): StoredFile;
  /** Brings one chunk from a source into the store, hashed. Progress counts its bytes. */
  storeChunk(id: string, chunk: number, source: number): void;
  /** `into`, transferred, is a buffer of that length to use again. */
  read(id: string, offset: number, length: number, into?: ArrayBuffer): ArrayBuffer;
  /** Hashes every chunk again and forgets those that differ; gives how many did. */
  verify(id: string): number;
  delete(id: string): void;
  /** Measures the store on a scratch file; takes a second or two. */
  probeStore(kind: StoreKind): StoreSpeed;
  /** Measures the way from an open source in at most 1.5 s; bytes a second. */
  probeLink(source: number): number;
}

export type Method = keyof Methods;

/** Engine worker → storage worker. An abort ends the request of its id, which still gets its last answer. */
export type Ask = { id: number; method: Method; args: unknown[] } | { id: number; abort: true };

/** Storage worker → engine worker. */
export type Answer = { id: number; progress: number } | { id: number; result: unknown } | { id: number; error: ErrorData };

/** Page or engine worker → storage worker: serve the port's requests. Sent to the worker itself, the port transferred. */
export interface Connect {
  kind: "connect";
  port: MessagePort;
}
