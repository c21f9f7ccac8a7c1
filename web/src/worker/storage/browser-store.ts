// The store of a browser: one chunk index, and a backend for each kind of file.

import { EngineError } from "../../errors.js";
import { type Backend, isGone } from "./backend.js";
import { BlobBackend } from "./blob-backend.js";
import { ChunkIndex, type FileRecord } from "./chunk-index.js";
import {
  CHUNK_BYTES,
  type ChunkStore,
  chunkLength,
  chunkRange,
  type FileChanges,
  type FileInfo,
  SCRATCH_ID,
  type StoredFile,
  type StoreKind,
} from "./chunk-store.js";
import { withLock } from "./locks.js";
import { OPFSBackend } from "./opfs-backend.js";

/** The {@link ChunkStore} of a browser. */
export class BrowserStore implements ChunkStore {
  readonly #name: string;
  readonly #index: ChunkIndex;
  readonly #blobs: Backend;
  #opening: Promise<OPFSBackend | undefined> | undefined;

  /** name is that of the database and of the folder in the origin's private file system. */
  constructor(name = "outrider-weights") {
    this.#name = name;
    this.#index = new ChunkIndex(name, () => void this.#opening?.then((opfs) => opfs?.cleared()));
    this.#blobs = new BlobBackend(this.#index);
  }

  /** Returns every file, complete or not. */
  async list(): Promise<StoredFile[]> {
    return (await this.#index.list()).filter(({ id }) => id !== SCRATCH_ID);
  }

  /** Returns a file; undefined if there is none. */
  find(id: string): Promise<StoredFile | undefined> {
    return this.#index.find(id);
  }

  /** Returns the SHA-256 with which a chunk was stored; undefined if it is not stored. */
  chunkHash(id: string, chunk: number): Promise<string | undefined> {
    return this.#index.chunkHash(id, chunk);
  }

  /** Deletes one chunk. */
  dropChunk(id: string, chunk: number): Promise<void> {
    return this.#index.dropChunk(id, chunk);
  }

  /** Returns a file's record, which it creates if there is none, and moves the file to a kind. */
  async openFile(id: string, { name, size, validator, sha256 }: FileInfo, kind: StoreKind): Promise<StoredFile> {
    return withLock(`outrider-file ${id}`, "exclusive", async () => {
      const usable = kind === "opfs" && (await this.#opfs()) ? "opfs" : "indexeddb";
      const added: FileRecord = { id, name, size, validator, sha256, kind: usable, file: crypto.randomUUID() };
      added.used = Date.now();
      const record = await this.#index.findOrAdd(added);
      if (record.file === added.file) await (await this.#backend(record)).create(record);
      else if (usable === kind) await this.#move(record, kind);
      return (await this.find(id))!;
    });
  }

  /** Changes what is known about a file. */
  setInfo(id: string, changes: FileChanges): Promise<void> {
    return this.#index.setInfo(id, changes);
  }

  /** Deletes a file. */
  async delete(id: string): Promise<void> {
    await this.#removeBytes(await this.#index.delete(id));
  }

  /** Stores a chunk, then marks it complete. */
  async putChunk(id: string, chunk: number, bytes: ArrayBuffer, hash: string): Promise<void> {
    const record = await this.#index.record(id);
    const backend = await this.#backend(record);
    try {
      await backend.write(record, chunk, bytes);
    } catch (error) {
      if (!isGone(error)) throw error;
      await this.#dropLostChunks(record); // otherwise they would be read as the zeros of the new file
      await backend.create(record);
      await backend.write(record, chunk, bytes);
    }
    await this.#index.markStored(record, chunk, hash);
  }

  /** Returns the bytes from offset on. */
  async read(id: string, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer> {
    const { first, last } = chunkRange(offset, length);
    const record = await this.#index.recordWithChunks(id, first, last);
    try {
      return await (await this.#backend(record)).read(record, offset, length, into);
    } catch (error) {
      if (!isGone(error) && (error as EngineError).code !== "integrity") throw error;
      await this.#dropLostChunks(record);
      throw isGone(error) ? bytesLost(record.name) : error;
    }
  }

  /** Moves a file to another kind of storage. */
  async #move(from: FileRecord, kind: "indexeddb" | "opfs"): Promise<void> {
    const { kind: old = "indexeddb" } = from;
    if (old === kind || old === "handle") return;
    const to: FileRecord = { ...from, kind, ...(kind === "opfs" && { file: crypto.randomUUID() }) };
    const backend = await this.#backend(to);
    const { chunks } = (await this.find(from.id))!;
    await backend.create(to);
    for (const chunk of chunks) {
      const bytes = await this.read(from.id, chunk * CHUNK_BYTES, chunkLength(from.size, chunk));
      await backend.write(to, chunk, bytes);
    }
    await this.#index.replace(from, to, chunks);
    await this.#removeBytes(from);
  }

  /** Drops the chunks that cannot be read any more, so that they can be downloaded again. */
  async #dropLostChunks(record: FileRecord): Promise<void> {
    const backend = await this.#backend(record);
    for (const chunk of (await this.find(record.id))?.chunks ?? []) {
      const end = chunk * CHUNK_BYTES + chunkLength(record.size, chunk);
      await backend.read(record, end - 1, 1).catch(() => this.#index.dropChunk(record.id, chunk));
    }
  }

  async #removeBytes(record: FileRecord | undefined): Promise<void> {
    if (record) await (await this.#backend(record)).remove(record);
  }

  async #backend(record: FileRecord): Promise<Backend> {
    if (record.kind !== "opfs") return this.#blobs;
    const opfs = await this.#opfs();
    if (opfs) return opfs;
    const problem = `${record.name} cannot be read: the browser does not let this window use the site's private files`;
    throw new EngineError("storage_error", `${problem}; open the page in a normal window`);
  }

  #opfs(): Promise<OPFSBackend | undefined> {
    this.#opening ??= OPFSBackend.open(this.#name, () => this.#index.records());
    return this.#opening;
  }
}

function bytesLost(name: string): EngineError {
  const message = `the browser has removed parts of ${name} from its storage; download the model again`;
  return new EngineError("storage_error", message, { retryable: true });
}
