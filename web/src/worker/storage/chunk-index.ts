// The chunk index: the record of every file, and which of its chunks are complete. It is in IndexedDB whatever holds
// the bytes, because a transaction marks a chunk as present or absent and never leaves it in between.

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import { EngineError } from "../../errors.js";
import type { FileChanges, StoredFile, StoreKind } from "./chunk-store.js";

/** Version of the database's schema, which docs/formats.md describes. A change raises it and adds a case to upgrade. */
const SCHEMA_VERSION = 1;

/** A file's record. Those of earlier releases lack some of the optional members; see toStoredFile. */
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
}

interface Schema extends DBSchema {
  files: { key: string; value: FileRecord };
  /** A chunk is complete if it has a record here. */
  chunks: { key: ChunkKey; value: { sha256: string } };
  /** The bytes of chunks in files of the kind "indexeddb"; see blob-backend.ts. */
  bytes: { key: ChunkKey; value: Blob };
}

type ChunkKey = [id: string, chunk: number];
type StoreNames = ["files", "chunks", "bytes"];
type WriteTransaction = IDBPTransaction<Schema, StoreNames, "readwrite">;
const STORE_NAMES: StoreNames = ["files", "chunks", "bytes"];

/** The database of files and chunks. */
export class ChunkIndex {
  readonly #name: string;
  readonly #onCleared: () => void;
  #opening: Promise<IDBPDatabase<Schema>> | undefined;

  /**
   * onCleared is called when the browser clears what the site has stored, for instance because a person asked it to.
   */
  constructor(name: string, onCleared: () => void) {
    this.#name = name;
    this.#onCleared = onCleared;
  }

  /** Returns the database. After the browser has cleared it, the next call opens it again. */
  async #open(): Promise<IDBPDatabase<Schema>> {
    const reset = () => {
      this.#opening = undefined;
    };
    this.#opening ??= openDB<Schema>(this.#name, SCHEMA_VERSION, {
      upgrade(db) {
        db.createObjectStore("files", { keyPath: "id" });
        db.createObjectStore("chunks");
        db.createObjectStore("bytes");
      },
      blocking: (_from, _to, event) => {
        reset();
        (event.target as IDBDatabase).close(); // a newer page must upgrade it
      },
      terminated: () => {
        reset();
        this.#onCleared();
      },
    });
    this.#opening.catch(reset);
    return this.#opening;
  }

  /** Returns all files. */
  async list(): Promise<StoredFile[]> {
    const tx = (await this.#open()).transaction(["files", "chunks"]);
    const records = await tx.objectStore("files").getAll();
    const chunks = tx.objectStore("chunks");
    const keys = await Promise.all(records.map(({ id }) => chunks.getAllKeys(allChunks(id))));
    return records.map((record, i) => toStoredFile(record, keys[i]!));
  }

  /** Returns a file; undefined if there is none. */
  async find(id: string): Promise<StoredFile | undefined> {
    const tx = (await this.#open()).transaction(["files", "chunks"]);
    const [record, keys] = await Promise.all([
      tx.objectStore("files").get(id),
      tx.objectStore("chunks").getAllKeys(allChunks(id)),
    ]);
    return record && toStoredFile(record, keys);
  }

  /** Returns the records of all files. */
  async records(): Promise<FileRecord[]> {
    return (await this.#open()).getAll("files");
  }

  /** Returns the record of a file. */
  async record(id: string): Promise<FileRecord> {
    return (await (await this.#open()).get("files", id)) ?? throwUnknownFile(id);
  }

  /** Returns the SHA-256 of a chunk in lower-case hex; undefined if it is not stored. */
  async chunkHash(id: string, chunk: number): Promise<string | undefined> {
    return (await (await this.#open()).get("chunks", [id, chunk]))?.sha256;
  }

  /** Returns the record of a file; it throws unless all chunks from first to last are stored. */
  async recordWithChunks(id: string, first: number, last: number): Promise<FileRecord> {
    const tx = (await this.#open()).transaction(["files", "chunks"]);
    const range = IDBKeyRange.bound([id, first], [id, last]);
    const [record, keys] = await Promise.all([
      tx.objectStore("files").get(id),
      tx.objectStore("chunks").getAllKeys(range),
    ]);
    if (!record) return throwUnknownFile(id);
    for (let chunk = first; chunk <= last; chunk++) {
      if (keys[chunk - first]?.[1] !== chunk) throw notStored(record.name, chunk);
    }
    return record;
  }

  /** Returns the record of the same id; if there is none, it adds this one. */
  async findOrAdd(record: FileRecord): Promise<FileRecord> {
    return this.#write(async (tx) => {
      const files = tx.objectStore("files");
      const old = await files.get(record.id);
      if (!old) await files.put(record);
      return old ?? record;
    });
  }

  /** Changes members of a record. */
  async setInfo(id: string, changes: FileChanges): Promise<void> {
    await this.#write(async (tx) => {
      const files = tx.objectStore("files");
      const record = (await files.get(id)) ?? throwUnknownFile(id);
      await files.put({ ...record, ...changes });
    });
  }

  /** Marks a chunk complete; it throws if the file has been deleted or added again since record was read. */
  async markStored(record: FileRecord, chunk: number, sha256: string): Promise<void> {
    await this.#write((tx) =>
      Promise.all([checkCurrent(tx, record), tx.objectStore("chunks").put({ sha256 }, [record.id, chunk])]),
    );
  }

  /** Replaces a record by one of another kind. Chunks that are not in `moved` are not stored any more. */
  async replace(record: FileRecord, replacement: FileRecord, moved: number[]): Promise<void> {
    await this.#write(async (tx) => {
      const chunks = tx.objectStore("chunks");
      const [keys] = await Promise.all([chunks.getAllKeys(allChunks(record.id)), checkCurrent(tx, record)]);
      const notMoved = keys.filter(([, chunk]) => !moved.includes(chunk));
      await Promise.all([...notMoved.map((key) => chunks.delete(key)), tx.objectStore("files").put(replacement)]);
      if (replacement.kind !== "indexeddb") await tx.objectStore("bytes").delete(allChunks(record.id));
    });
  }

  /** Deletes a chunk. */
  async dropChunk(id: string, chunk: number): Promise<void> {
    await this.#write((tx) =>
      Promise.all([tx.objectStore("chunks").delete([id, chunk]), tx.objectStore("bytes").delete([id, chunk])]),
    );
  }

  /** Deletes a file and returns its record. */
  async delete(id: string): Promise<FileRecord | undefined> {
    return this.#write(async (tx) => {
      const files = tx.objectStore("files");
      const [old] = await Promise.all([files.get(id), deleteChunks(tx, id), files.delete(id)]);
      return old;
    });
  }

  /** Stores the bytes of a chunk; it does not mark the chunk complete. */
  async putBlob(record: FileRecord, chunk: number, blob: Blob): Promise<void> {
    await this.#write((tx) =>
      Promise.all([checkCurrent(tx, record), tx.objectStore("bytes").put(blob, [record.id, chunk])]),
    );
  }

  /** Returns the Blobs of the chunks from first to last, undefined where there is none. */
  async blobs(id: string, first: number, last: number): Promise<(Blob | undefined)[]> {
    const { store } = (await this.#open()).transaction("bytes");
    return Promise.all(Array.from({ length: last - first + 1 }, (_, i) => store.get([id, first + i])));
  }

  /**
   * Runs a transaction and throws the first error. A full disk is reported by a request or only when the transaction
   * commits. In the second case the requests fail with a bare AbortError, and the transaction's own error has the
   * cause.
   */
  async #write<T>(body: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const tx = (await this.#open()).transaction(STORE_NAMES, "readwrite");
    const work = body(tx);
    work.catch(() => tx.error ?? tx.abort());
    const [result, end] = await Promise.allSettled([work, tx.done]);
    if (result.status === "fulfilled" && end.status === "fulfilled") return result.value;
    const failures = [result, end].flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    throw failures.find((failure) => failure instanceof EngineError) ?? tx.error ?? cause(failures);
  }
}

/** The keys of all chunks of a file: an empty array sorts after every number. */
const allChunks = (id: string) => IDBKeyRange.bound([id], [id, []]);

function toStoredFile(record: FileRecord, keys: ChunkKey[]): StoredFile {
  const { id, name, size, validator, kind = "indexeddb" } = record;
  const { sha256 = "", hashes = [], verified = false, used = 0, vision = "" } = record;
  const chunks = keys.map(([, chunk]) => chunk);
  return { id, name, size, validator, kind, sha256, hashes, verified, used, vision, chunks, partialBytes: 0 };
}

const deleteChunks = (tx: WriteTransaction, id: string) =>
  Promise.all([tx.objectStore("chunks").delete(allChunks(id)), tx.objectStore("bytes").delete(allChunks(id))]);

/** Throws if the index no longer has this record. */
async function checkCurrent(tx: WriteTransaction, record: FileRecord): Promise<void> {
  const current = await tx.objectStore("files").get(record.id);
  if (!current || current.file !== record.file) throwUnknownFile(record.id);
}

/**
 * Returns the failure that is not an AbortError: an AbortError here is never a person's, but follows another failure.
 */
function cause(failures: unknown[]): unknown {
  const found = failures.find((failure) => (failure as Error).name !== "AbortError");
  if (found) return found;
  return new EngineError("storage_error", "the browser gave up storing the model; try again", { retryable: true });
}

function throwUnknownFile(id: string): never {
  throw new EngineError("storage_error", `${id} is not in the store; download the model again`, { retryable: true });
}

function notStored(name: string, chunk: number): EngineError {
  const message = `part ${chunk + 1} of ${name} is not stored; download the model again`;
  return new EngineError("storage_error", message, { retryable: true });
}
