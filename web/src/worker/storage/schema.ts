// The database of the store: its tables, and how an older one becomes this one. docs/formats.md describes it.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { EngineError } from "../../errors.js";
import type { FileChanges, HashState, StoreKind } from "./chunk-store.js";

/** Version of the database's schema. A change raises it and adds a case to upgrade. */
export const SCHEMA_VERSION = 2;

/** Milliseconds that opening waits for tabs that hold an older version of the database, and for other reasons. */
const BLOCKED_TIMEOUT = 10_000;
const OPEN_TIMEOUT = 30_000; // a browser does not say that a deletion waits for another tab, and the opening for it

/** A file's record. Those of earlier versions lack some of the optional members; see toStoredFile. */
export interface FileRecord extends FileChanges {
  id: string;
  name: string;
  size: number;
  validator: string;
  /** "indexeddb" if missing. */
  kind?: StoreKind;
  /**
   * A name that is new each time the record is created, so that the bytes of an earlier record are never taken for this
   * one's. For the kind "opfs" it is the name of the file with the bytes.
   */
  file?: string;
  /** The file on the disk, for the kind "handle". */
  handle?: FileSystemFileHandle;
  /** The file was deleted while another tab used it. It is removed when no tab uses it any more. */
  deleting?: boolean;
  /** How far the hash of the whole file has been computed; see hash-file.ts. */
  hashing?: HashState;
}

/** Bytes of a chunk that is not complete. */
export interface Piece {
  /** How many. */
  bytes: number;
  /** The bytes of a file of the kind "indexeddb". */
  blob?: Blob;
}

/** The key of a chunk. */
export type ChunkKey = [id: string, chunk: number];

/** The object stores of the database. */
export interface Schema extends DBSchema {
  files: { key: string; value: FileRecord };
  /** A chunk is complete if it has a record here. */
  chunks: { key: ChunkKey; value: { sha256: string } };
  /** The bytes of complete chunks in files of the kind "indexeddb"; see blob-backend.ts. */
  bytes: { key: ChunkKey; value: Blob };
  /** What has arrived of chunks that are not complete. The second part of the key is the offset in the file. */
  pieces: { key: [id: string, offset: number]; value: Piece };
}

/** An open database. */
export type Database = IDBPDatabase<Schema>;

/**
 * Opens the database and upgrades an older one. onClosed is called when it has been closed, with true if the browser
 * cleared what the site stored and with false if a page of a newer version must upgrade it.
 */
export async function openDatabase(name: string, onClosed: (cleared: boolean) => void): Promise<Database> {
  let reject: (error: EngineError) => void;
  const blocked = new Promise<never>((_, rejects) => (reject = rejects));
  let timer = setTimeout(() => reject(heldByOtherTab()), OPEN_TIMEOUT);
  const opening = openDB<Schema>(name, SCHEMA_VERSION, {
    upgrade,
    blocked: () => {
      clearTimeout(timer);
      timer = setTimeout(() => reject(heldByOtherTab()), BLOCKED_TIMEOUT);
    },
    blocking: (_from, _to, event) => {
      onClosed(false);
      (event.target as IDBDatabase).close();
    },
    terminated: () => onClosed(true),
  });
  try {
    return await Promise.race([opening, blocked]);
  } catch (error) {
    opening.then((db) => db.close()).catch(() => {}); // it may still open after the timeout
    throw (error as Error).name === "VersionError" ? await newerStore(name) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Creates what an older version lacks. It copies no bytes. */
function upgrade(db: Database, oldVersion: number): void {
  if (oldVersion < 1) {
    db.createObjectStore("files", { keyPath: "id" });
    db.createObjectStore("chunks");
    db.createObjectStore("bytes");
  }
  if (oldVersion < 2) db.createObjectStore("pieces");
}

/** Returns the error of a database that a newer Outrider has made. */
async function newerStore(name: string): Promise<EngineError> {
  const found = (await indexedDB.databases?.().catch(() => []))?.find((db) => db.name === name)?.version ?? "newer";
  const message =
    `the stored models were made by a newer Outrider (store version ${found}, this page knows ${SCHEMA_VERSION}); ` +
    "open them with the newer page, or delete this site's data in the browser's settings and download them again";
  return new EngineError("newer_store", message);
}

function heldByOtherTab(): EngineError {
  const message = "another tab keeps the stored models from being opened; close or reload this site's other tabs";
  return new EngineError("storage_error", message, { retryable: true });
}
