// The chunk index: the record of every file, which of its chunks are complete, and what has arrived of the others. It
// is in IndexedDB whatever holds the bytes, because a transaction marks a chunk as present or absent and never leaves
// it in between.

import { EngineError } from "../../errors.js";
import { CHUNK_BYTES, type FileChanges, numChunks, type StoredFile } from "./chunk-store.js";
import { type ChunkKey, type Database, type FileRecord, openDatabase, type Piece } from "./schema.js";
import { ALL, retryWrite, runTransaction, type StoreName, type WriteTransaction } from "./transaction.js";

/** A piece and where it is in the file. */
export interface PlacedPiece extends Piece {
  offset: number;
}

/** The database of files, chunks and pieces. */
export class ChunkIndex {
  readonly #name: string;
  readonly #onCleared: () => void;
  #opening: Promise<Database> | undefined;

  /**
   * onCleared is called when the browser clears what the site has stored, for instance because a person asked it to.
   */
  constructor(name: string, onCleared: () => void) {
    this.#name = name;
    this.#onCleared = onCleared;
  }

  /** Returns the database. After the browser has cleared it, the next call opens it again. */
  async #open(): Promise<Database> {
    const reset = () => {
      this.#opening = undefined;
    };
    this.#opening ??= openDatabase(this.#name, (cleared) => {
      reset();
      if (cleared) this.#onCleared();
    });
    this.#opening.catch(reset);
    return this.#opening;
  }

  /** Returns all files, those that are being deleted included. */
  async list(): Promise<StoredFile[]> {
    const tx = (await this.#open()).transaction(["files", "chunks", "pieces"]);
    const records = await tx.objectStore("files").getAll();
    const [keys, pieces] = await Promise.all([
      Promise.all(records.map(({ id }) => tx.objectStore("chunks").getAllKeys(allOf(id)))),
      Promise.all(records.map(({ id }) => tx.objectStore("pieces").getAll(allOf(id)))),
    ]);
    return records.map((record, i) => toStoredFile(record, keys[i]!, pieces[i]!));
  }

  /** Returns a file; undefined if there is none. */
  async find(id: string): Promise<StoredFile | undefined> {
    const tx = (await this.#open()).transaction(["files", "chunks", "pieces"]);
    const [record, keys, pieces] = await Promise.all([
      tx.objectStore("files").get(id),
      tx.objectStore("chunks").getAllKeys(allOf(id)),
      tx.objectStore("pieces").getAll(allOf(id)),
    ]);
    return record && toStoredFile(record, keys, pieces);
  }

  /** Returns the records of all files. */
  async records(): Promise<FileRecord[]> {
    return (await this.#open()).getAll("files");
  }

  /** Returns the record of a file; undefined if there is none. */
  async findRecord(id: string): Promise<FileRecord | undefined> {
    return (await this.#open()).get("files", id);
  }

  /** Returns the record of a file. */
  async record(id: string): Promise<FileRecord> {
    return (await this.findRecord(id)) ?? throwUnknownFile(id);
  }

  /** Returns the SHA-256 of a chunk in lower-case hex; undefined if it is not stored. */
  async chunkHash(id: string, chunk: number): Promise<string | undefined> {
    return (await (await this.#open()).get("chunks", [id, chunk]))?.sha256;
  }

  /** Returns the record of a file and the hashes of its chunks from first to last; it throws unless all are stored. */
  async recordWithHashes(id: string, first: number, last: number): Promise<{ record: FileRecord; hashes: string[] }> {
    const tx = (await this.#open()).transaction(["files", "chunks"]);
    const chunks = tx.objectStore("chunks");
    const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const [record, ...found] = await Promise.all([
      tx.objectStore("files").get(id),
      ...numbers.map((chunk) => chunks.get([id, chunk])),
    ]);
    if (!record) return throwUnknownFile(id);
    const onDisk = record.kind === "handle";
    const hashes = found.map((stored, i) => {
      if (!stored && !onDisk) throw notStored(record.name, first + i);
      return stored?.sha256 ?? "";
    });
    return { record, hashes };
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
  async setInfo(id: string, changes: FileChanges & Partial<FileRecord>): Promise<void> {
    await this.#write(async (tx) => {
      const files = tx.objectStore("files");
      const record = (await files.get(id)) ?? throwUnknownFile(id);
      await files.put({ ...record, ...changes });
    });
  }

  /** Marks a chunk complete and deletes its pieces. blob is its bytes, if given. Throws if record is not current. */
  async markStored(record: FileRecord, chunk: number, sha256: string, blob?: Blob): Promise<void> {
    const key: ChunkKey = [record.id, chunk];
    if (blob) await this.#putBytes(key, blob);
    const mark = (tx: WriteTransaction<"files" | "chunks" | "pieces">) =>
      Promise.all([
        checkCurrent(tx.objectStore("files"), record),
        tx.objectStore("chunks").put({ sha256 }, key),
        tx.objectStore("pieces").delete(piecesOf(record.id, chunk)),
      ]);
    try {
      await this.#write(mark, ["files", "chunks", "pieces"]);
    } catch (error) {
      if (blob) await this.#write((tx) => tx.objectStore("bytes").delete(key), ["bytes"]).catch(() => {});
      throw error;
    }
  }

  /**
   * Stores the bytes of a chunk, which counts as not stored from then on. Pieces of other chunks do not wait for it,
   * since their transactions have no store in common.
   */
  async #putBytes(key: ChunkKey, blob: Blob): Promise<void> {
    const put = (tx: WriteTransaction<"bytes" | "chunks">) =>
      Promise.all([tx.objectStore("chunks").delete(key), tx.objectStore("bytes").put(blob, key)]);
    await this.#write(put, ["bytes", "chunks"]);
  }

  /** Replaces a record by one of another kind. Pieces and chunks that are not in `moved` are not stored any more. */
  async replace(record: FileRecord, replacement: FileRecord, moved: number[]): Promise<void> {
    await this.#write(async (tx) => {
      const chunks = tx.objectStore("chunks");
      const [keys] = await Promise.all([
        chunks.getAllKeys(allOf(record.id)),
        checkCurrent(tx.objectStore("files"), record),
      ]);
      const notMoved = keys.filter(([, chunk]) => !moved.includes(chunk));
      await Promise.all([...notMoved.map((key) => chunks.delete(key)), tx.objectStore("files").put(replacement)]);
      await tx.objectStore("pieces").delete(allOf(record.id));
      if (replacement.kind !== "indexeddb") await tx.objectStore("bytes").delete(allOf(record.id));
    });
  }

  /** Deletes a chunk with its pieces. A hash of the whole file is computed again from there. */
  async dropChunk(id: string, chunk: number): Promise<void> {
    await this.#write(async (tx) => {
      const files = tx.objectStore("files");
      const record = await files.get(id);
      const { hashing, ...others } = record ?? {};
      if (hashing && hashing.bytes > chunk * CHUNK_BYTES) await files.put(others as FileRecord);
      await Promise.all([
        tx.objectStore("chunks").delete([id, chunk]),
        tx.objectStore("bytes").delete([id, chunk]),
        tx.objectStore("pieces").delete(piecesOf(id, chunk)),
      ]);
    });
  }

  /** Deletes a file and returns its record. */
  async delete(id: string): Promise<FileRecord | undefined> {
    return this.#write(async (tx) => {
      const [old] = await Promise.all([
        tx.objectStore("files").get(id),
        tx.objectStore("files").delete(id),
        tx.objectStore("chunks").delete(allOf(id)),
        tx.objectStore("bytes").delete(allOf(id)),
        tx.objectStore("pieces").delete(allOf(id)),
      ]);
      return old;
    });
  }

  /** Stores a piece; it throws if record is not current. */
  async putPiece(record: FileRecord, offset: number, piece: Piece): Promise<void> {
    const put = (tx: WriteTransaction<"files" | "pieces">) =>
      Promise.all([
        checkCurrent(tx.objectStore("files"), record),
        tx.objectStore("pieces").put(piece, [record.id, offset]),
      ]);
    await this.#write(put, ["files", "pieces"]);
  }

  /** Returns the pieces of a chunk from its start up to the first gap. */
  async pieces(id: string, chunk: number): Promise<PlacedPiece[]> {
    const { store } = (await this.#open()).transaction("pieces");
    const range = piecesOf(id, chunk);
    const [keys, values] = await Promise.all([store.getAllKeys(range), store.getAll(range)]);
    let end = chunk * CHUNK_BYTES;
    const placed: PlacedPiece[] = [];
    for (const [i, piece] of values.entries()) {
      if (keys[i]![1] !== end) break;
      placed.push({ ...piece, offset: end });
      end += piece.bytes;
    }
    return placed;
  }

  /** Deletes the pieces of a chunk, or of all chunks of a file. */
  async dropPieces(id: string, chunk?: number): Promise<void> {
    const range = chunk === undefined ? allOf(id) : piecesOf(id, chunk);
    await this.#write((tx) => tx.objectStore("pieces").delete(range));
  }

  /** Stores the bytes of a chunk; it does not mark the chunk complete. */
  async putBlob(record: FileRecord, chunk: number, blob: Blob): Promise<void> {
    await this.#write((tx) =>
      Promise.all([
        checkCurrent(tx.objectStore("files"), record),
        tx.objectStore("bytes").put(blob, [record.id, chunk]),
      ]),
    );
  }

  /** Returns the Blobs of the chunks from first to last, undefined where there is none. */
  async blobs(id: string, first: number, last: number): Promise<(Blob | undefined)[]> {
    const { store } = (await this.#open()).transaction("bytes");
    return Promise.all(Array.from({ length: last - first + 1 }, (_, i) => store.get([id, first + i])));
  }

  async #write<T, Name extends StoreName>(
    body: (tx: WriteTransaction<Name>) => Promise<T>,
    names: Name[] = ALL as Name[],
  ): Promise<T> {
    return retryWrite(async () => runTransaction(await this.#open(), names, body));
  }
}

/** The keys of everything of a file: an empty array sorts after every number. */
const allOf = (id: string) => IDBKeyRange.bound([id], [id, []]);

/** The keys of the pieces of a chunk. */
const piecesOf = (id: string, chunk: number) =>
  IDBKeyRange.bound([id, chunk * CHUNK_BYTES], [id, (chunk + 1) * CHUNK_BYTES - 1]);

function toStoredFile(record: FileRecord, keys: ChunkKey[], pieces: Piece[]): StoredFile {
  const { id, name, size, validator, kind = "indexeddb" } = record;
  const { sha256 = "", hashes = [], verified = false, used = 0, vision = "" } = record;
  const all = kind === "handle";
  const chunks = all ? [...Array(numChunks(size)).keys()] : keys.map(([, chunk]) => chunk);
  const partialBytes = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
  return { id, name, size, validator, kind, sha256, hashes, verified, used, vision, chunks, partialBytes };
}

type RecordStore = { get(id: string): Promise<FileRecord | undefined> };

/** Throws if the index no longer has this record. */
async function checkCurrent(files: RecordStore, record: FileRecord): Promise<void> {
  const current = await files.get(record.id);
  if (!current || current.file !== record.file) throwUnknownFile(record.id);
}

function throwUnknownFile(id: string): never {
  throw new EngineError("storage_error", `${id} is not in the store; download the model again`, { retryable: true });
}

function notStored(name: string, chunk: number): EngineError {
  const message = `part ${chunk + 1} of ${name} is not stored; download the model again`;
  return new EngineError("storage_error", message, { retryable: true });
}
