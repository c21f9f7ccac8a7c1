// What is stored: the record of every file and, chunk by chunk, what is complete. It is kept in IndexedDB whatever holds
// the bytes, because its transactions make a chunk present or absent and never half.

import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from "idb";
import type { FileInfo, StoredFile, StoreKind } from "./chunk-store.js";
import { EngineError } from "../../errors.js";

/** Version 1. A change of shape raises SCHEMA and adds a case to upgrade. */
const SCHEMA = 1;

/** A file's record. Those of the first release have neither kind nor file. */
export interface FileRecord extends FileInfo {
  id: string;
  /** "indexeddb" when missing. */
  kind?: StoreKind;
  /**
   * Another name each time the record is made anew, so that bytes of its predecessor are never taken for its own. Of the
   * kind "opfs": the name of the file that holds the bytes.
   */
  file?: string;
}

interface Schema extends DBSchema {
  files: { key: string; value: FileRecord };
  /** The chunk map: a chunk is complete when it is here. */
  chunks: { key: Key; value: { sha256: string } };
  /** The bytes of chunks, in files of the kind "indexeddb"; see blobs.ts. */
  bytes: { key: Key; value: Blob };
}

type Key = [id: string, chunk: number];
type Stores = ["files", "chunks", "bytes"];
type Writing = IDBPTransaction<Schema, Stores, "readwrite">;
const STORES: Stores = ["files", "chunks", "bytes"];

export class ChunkIndex {
  readonly #name: string;
  readonly #onCleared: () => void;
  #opening: Promise<IDBPDatabase<Schema>> | undefined;

  /** onCleared hears when the browser clears what the site has stored, as a person may ask it to. */
  constructor(name: string, onCleared: () => void) {
    this.#name = name;
    this.#onCleared = onCleared;
  }

  /** The database, opened again after the browser has cleared it. */
  async #open(): Promise<IDBPDatabase<Schema>> {
    const forget = () => (this.#opening = undefined);
    this.#opening ??= openDB<Schema>(this.#name, SCHEMA, {
      upgrade(db) {
        db.createObjectStore("files", { keyPath: "id" });
        db.createObjectStore("chunks");
        db.createObjectStore("bytes");
      },
      blocking: (_from, _to, event) => (forget(), (event.target as IDBDatabase).close()), // a newer page waits to upgrade
      terminated: () => (forget(), this.#onCleared()),
    });
    this.#opening.catch(forget);
    return this.#opening;
  }

  async list(): Promise<StoredFile[]> {
    const tx = (await this.#open()).transaction(["files", "chunks"]);
    const records = await tx.objectStore("files").getAll();
    return Promise.all(records.map(async (record) => stored(record, await tx.objectStore("chunks").getAllKeys(allOf(record.id)))));
  }

  async find(id: string): Promise<StoredFile | undefined> {
    const tx = (await this.#open()).transaction(["files", "chunks"]);
    const [record, keys] = await Promise.all([tx.objectStore("files").get(id), tx.objectStore("chunks").getAllKeys(allOf(id))]);
    return record && stored(record, keys);
  }

  async records(): Promise<FileRecord[]> {
    return (await this.#open()).getAll("files");
  }

  async record(id: string): Promise<FileRecord> {
    return (await (await this.#open()).get("files", id)) ?? unknownFile(id);
  }

  async chunkHash(id: string, chunk: number): Promise<string | undefined> {
    return (await (await this.#open()).get("chunks", [id, chunk]))?.sha256;
  }

  /** The record of a file that has all the chunks from first to last. */
  async recordWith(id: string, first: number, last: number): Promise<FileRecord> {
    const tx = (await this.#open()).transaction(["files", "chunks"]);
    const range = IDBKeyRange.bound([id, first], [id, last]);
    const [record, keys] = await Promise.all([tx.objectStore("files").get(id), tx.objectStore("chunks").getAllKeys(range)]);
    if (!record) return unknownFile(id);
    for (let chunk = first; chunk <= last; chunk++) {
      if (keys[chunk - first]?.[1] !== chunk) throw notStored(record.name, chunk);
    }
    return record;
  }

  /** Puts a record without chunks in the place of what had its id, and gives what that was. */
  async add(record: FileRecord): Promise<FileRecord | undefined> {
    return this.#write(async (tx) => {
      const [old] = await Promise.all([tx.objectStore("files").get(record.id), clear(tx, record.id), tx.objectStore("files").put(record)]);
      return old;
    });
  }

  /** Marks a chunk complete, unless its file has been deleted or added anew since record was read. */
  async markStored(record: FileRecord, chunk: number, sha256: string): Promise<void> {
    await this.#write((tx) => Promise.all([present(tx, record), tx.objectStore("chunks").put({ sha256 }, [record.id, chunk])]));
  }

  /** Gives a file another kind; chunks that are not among `moved` are absent from then on. */
  async replace(record: FileRecord, by: FileRecord, moved: number[]): Promise<void> {
    await this.#write(async (tx) => {
      const [keys] = await Promise.all([tx.objectStore("chunks").getAllKeys(allOf(record.id)), present(tx, record)]);
      const late = keys.filter(([, chunk]) => !moved.includes(chunk));
      await Promise.all([...late.map((key) => tx.objectStore("chunks").delete(key)), tx.objectStore("files").put(by)]);
      if (by.kind !== "indexeddb") await tx.objectStore("bytes").delete(allOf(record.id));
    });
  }

  async dropChunk(id: string, chunk: number): Promise<void> {
    await this.#write((tx) => Promise.all([tx.objectStore("chunks").delete([id, chunk]), tx.objectStore("bytes").delete([id, chunk])]));
  }

  /** Forgets a file and gives its record. */
  async delete(id: string): Promise<FileRecord | undefined> {
    return this.#write(async (tx) => {
      const [old] = await Promise.all([tx.objectStore("files").get(id), clear(tx, id), tx.objectStore("files").delete(id)]);
      return old;
    });
  }

  async putBlob(record: FileRecord, chunk: number, blob: Blob): Promise<void> {
    await this.#write((tx) => Promise.all([present(tx, record), tx.objectStore("bytes").put(blob, [record.id, chunk])]));
  }

  /** The Blobs of the chunks from first to last, undefined where there is none. */
  async blobs(id: string, first: number, last: number): Promise<(Blob | undefined)[]> {
    const { store } = (await this.#open()).transaction("bytes");
    return Promise.all(Array.from({ length: last - first + 1 }, (_, i) => store.get([id, first + i])));
  }

  /**
   * Runs a transaction and throws the first thing that went wrong. A full disk may show in a request or only when the
   * transaction commits, and then its requests fail with a bare AbortError: the transaction's own error says why.
   */
  async #write<T>(body: (tx: Writing) => Promise<T>): Promise<T> {
    const tx = (await this.#open()).transaction(STORES, "readwrite");
    const work = body(tx);
    work.catch(() => tx.error ?? tx.abort());
    const [result, end] = await Promise.allSettled([work, tx.done]);
    if (result.status === "fulfilled" && end.status === "fulfilled") return result.value;
    const failures = [result, end].flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    throw failures.find((failure) => failure instanceof EngineError) ?? tx.error ?? notAbort(failures);
  }
}

/** Every key [id, number]: an empty array sorts after every number. */
const allOf = (id: string) => IDBKeyRange.bound([id], [id, []]);

const stored = ({ id, name, size, validator, kind = "indexeddb" }: FileRecord, keys: Key[]): StoredFile => ({
  id, name, size, validator, kind, chunks: keys.map(([, chunk]) => chunk),
});

const clear = (tx: Writing, id: string) => Promise.all([tx.objectStore("chunks").delete(allOf(id)), tx.objectStore("bytes").delete(allOf(id))]);

/** Fails when the chunk index has another record in the place of this one. */
async function present(tx: Writing, record: FileRecord): Promise<void> {
  const now = await tx.objectStore("files").get(record.id);
  if (!now || now.file !== record.file) unknownFile(record.id);
}

/** The most telling failure: an AbortError here is never the user's stop, only the echo of another failure. */
function notAbort(failures: unknown[]): unknown {
  const telling = failures.find((failure) => (failure as Error).name !== "AbortError");
  return telling ?? new EngineError("storage_error", "the browser gave up storing the model; try again", { retryable: true });
}

function unknownFile(id: string): never {
  throw new EngineError("storage_error", `${id} is not in the store; download the model again`, { retryable: true });
}

const notStored = (name: string, chunk: number) =>
  new EngineError("storage_error", `part ${chunk + 1} of ${name} is not stored; download the model again`, { retryable: true });
