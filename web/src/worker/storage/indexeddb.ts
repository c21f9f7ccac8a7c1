// The store that every browser has: chunks as Blob records, because a Blob can be read in part and stays on disk until
// it is.

import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { CHUNK_BYTES, chunkLength, type ChunkStore, type FileInfo, type StoredFile } from "./chunk-store.js";
import { StorageFault } from "./fault.js";

/** Version 1. A change of shape raises SCHEMA and adds a case to upgrade. */
const SCHEMA = 1;

interface Schema extends DBSchema {
  /** The catalogue. */
  files: { key: string; value: FileInfo & { id: string } };
  /** The chunk map: a chunk is complete when it is here. */
  chunks: { key: [string, number]; value: { sha256: string } };
  /** The bytes of each chunk. */
  bytes: { key: [string, number]; value: Blob };
}

export class IndexedDBStore implements ChunkStore {
  readonly #db: IDBPDatabase<Schema>;

  private constructor(db: IDBPDatabase<Schema>) {
    this.#db = db;
  }

  static async open(name = "outrider-weights"): Promise<IndexedDBStore> {
    const db: IDBPDatabase<Schema> = await openDB<Schema>(name, SCHEMA, {
      upgrade(db) {
        db.createObjectStore("files", { keyPath: "id" });
        db.createObjectStore("chunks");
        db.createObjectStore("bytes");
      },
      blocking: () => db.close(), // a newer version of the page waits to upgrade
    });
    return new IndexedDBStore(db);
  }

  async list(): Promise<StoredFile[]> {
    const tx = this.#db.transaction(["files", "chunks"]);
    const files = await tx.objectStore("files").getAll();
    return Promise.all(
      files.map(async (file) => ({ ...file, chunks: numbers(await tx.objectStore("chunks").getAllKeys(allOf(file.id))) })),
    );
  }

  async find(id: string): Promise<StoredFile | undefined> {
    const tx = this.#db.transaction(["files", "chunks"]);
    const [file, keys] = await Promise.all([tx.objectStore("files").get(id), tx.objectStore("chunks").getAllKeys(allOf(id))]);
    return file && { ...file, chunks: numbers(keys) };
  }

  async add(id: string, info: FileInfo): Promise<StoredFile> {
    const file = { id, name: info.name, size: info.size, validator: info.validator };
    const tx = this.#db.transaction(["files", "chunks", "bytes"], "readwrite");
    await settle(tx, [
      tx.objectStore("chunks").delete(allOf(id)),
      tx.objectStore("bytes").delete(allOf(id)),
      tx.objectStore("files").put(file),
    ]);
    return { ...file, chunks: [] };
  }

  async put(id: string, chunk: number, bytes: ArrayBuffer, hash: string): Promise<void> {
    const tx = this.#db.transaction(["files", "chunks", "bytes"], "readwrite");
    const known = tx.objectStore("files").getKey(id);
    await settle(tx, [
      tx.objectStore("bytes").put(new Blob([bytes]), [id, chunk]),
      tx.objectStore("chunks").put({ sha256: hash }, [id, chunk]),
      known.then((key) => key ?? abort(tx, unknownFile(id))),
    ]);
  }

  async read(id: string, offset: number, length: number): Promise<ArrayBuffer> {
    const first = Math.floor(offset / CHUNK_BYTES);
    const last = Math.floor((offset + Math.max(length, 1) - 1) / CHUNK_BYTES);
    const tx = this.#db.transaction(["files", "bytes"]);
    const file = await tx.objectStore("files").get(id);
    if (!file) throw unknownFile(id);
    const pieces: Blob[] = [];
    for (let chunk = first; chunk <= last; chunk++) {
      const blob = await tx.objectStore("bytes").get([id, chunk]);
      if (!blob) throw new StorageFault("storage_error", `Part ${chunk + 1} of ${file.name} is not stored. Download the model again.`);
      if (blob.size !== chunkLength(file.size, chunk)) throw shortRead(file.name);
      const start = chunk * CHUNK_BYTES;
      pieces.push(blob.slice(Math.max(offset, start) - start, offset + length - start));
    }
    const bytes = await (pieces.length === 1 ? pieces[0]! : new Blob(pieces)).arrayBuffer();
    if (bytes.byteLength !== length) throw shortRead(file.name);
    return bytes;
  }

  async hash(id: string, chunk: number): Promise<string | undefined> {
    return (await this.#db.get("chunks", [id, chunk]))?.sha256;
  }

  async drop(id: string, chunk: number): Promise<void> {
    const tx = this.#db.transaction(["chunks", "bytes"], "readwrite");
    await settle(tx, [tx.objectStore("chunks").delete([id, chunk]), tx.objectStore("bytes").delete([id, chunk])]);
  }

  async delete(id: string): Promise<void> {
    const tx = this.#db.transaction(["files", "chunks", "bytes"], "readwrite");
    await settle(tx, [
      tx.objectStore("files").delete(id),
      tx.objectStore("chunks").delete(allOf(id)),
      tx.objectStore("bytes").delete(allOf(id)),
    ]);
  }
}

/** Every key [id, number]: an empty array sorts after every number. */
const allOf = (id: string) => IDBKeyRange.bound([id], [id, []]);

const numbers = (keys: [string, number][]) => keys.map(([, chunk]) => chunk);

/**
 * Waits for a transaction and throws the first thing that went wrong. A full disk may show in a request or only when
 * the transaction commits, and then its requests fail with a bare AbortError: the transaction's own error says why.
 */
async function settle(tx: { done: Promise<void>; readonly error: DOMException | null }, requests: Promise<unknown>[]) {
  const results = await Promise.allSettled([...requests, tx.done]);
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (failures.length === 0) return;
  throw failures.find((failure) => failure instanceof StorageFault) ?? tx.error ?? notAbort(failures);
}

/** The most telling failure: an AbortError here is never the user's stop, only the echo of another failure. */
function notAbort(failures: unknown[]): unknown {
  const telling = failures.find((failure) => (failure as Error).name !== "AbortError");
  return telling ?? new StorageFault("storage_error", "The browser gave up storing the model. Try again.", true);
}

function abort(tx: { abort(): void }, fault: StorageFault): never {
  tx.abort();
  throw fault;
}

const unknownFile = (id: string) => new StorageFault("storage_error", `${id} is not in the store. Download the model again.`);

const shortRead = (name: string) =>
  new StorageFault("integrity", `The stored bytes of ${name} are incomplete. Delete the model and download it again.`);
