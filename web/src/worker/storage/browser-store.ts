// The store of a browser: one chunk index, and a backend for each kind of file.

import { EngineError } from "../../errors.js";
import { type Backend, isGone } from "./backend.js";
import { BlobBackend } from "./blob-backend.js";
import { ChunkIndex } from "./chunk-index.js";
import {
  CHUNK_BYTES,
  type ChunkStore,
  chunkLength,
  chunkRange,
  type FileChanges,
  type FileInfo,
  type HashState,
  SCRATCH_ID,
  type StoredFile,
  type StoreKind,
} from "./chunk-store.js";
import { DiskBackend } from "./disk-backend.js";
import { FileUses } from "./file-uses.js";
import { withLock } from "./locks.js";
import { OPFSBackend } from "./opfs-backend.js";
import type { FileRecord } from "./schema.js";
import { bytesChanged, bytesLost, deletedElsewhere, nameTaken, otherSize } from "./store-errors.js";
import { ChangedChunk, VerifiedReads } from "./verified-reads.js";

/** The {@link ChunkStore} of a browser. */
export class BrowserStore implements ChunkStore {
  readonly #name: string;
  readonly #index: ChunkIndex;
  readonly #blobs: Backend;
  readonly #disk: Backend = new DiskBackend();
  readonly #reads: VerifiedReads;
  readonly #uses = new FileUses();
  readonly #records = new Map<string, FileRecord>(); // those that this tab has opened, by id
  readonly #cleared = new Set<string>(); // ids of opened files whose records the browser has cleared
  #opening: Promise<OPFSBackend | undefined> | undefined;

  /** name is that of the database and of the folder in the origin's private file system. */
  constructor(name = "outrider-weights") {
    this.#name = name;
    this.#index = new ChunkIndex(name, () => this.#onCleared());
    this.#blobs = new BlobBackend(this.#index);
    this.#reads = new VerifiedReads((record, chunk, hash) => this.#index.markStored(record, chunk, hash));
  }

  /** Returns every file, complete or not, except those that are being deleted. */
  async list(): Promise<StoredFile[]> {
    const deleting = await this.#sweep();
    return (await this.#index.list()).filter(({ id }) => id !== SCRATCH_ID && !deleting.includes(id));
  }

  /** Returns a file; undefined if there is none. A deleted one exists for the tabs that use it. */
  async find(id: string): Promise<StoredFile | undefined> {
    const record = await this.#index.findRecord(id);
    if (!record || (record.deleting && !this.#uses.has(id))) return undefined;
    this.#records.set(id, record);
    return this.#index.find(id);
  }

  /** Returns the SHA-256 with which a chunk was stored; undefined if it is not stored. */
  chunkHash(id: string, chunk: number): Promise<string | undefined> {
    return this.#index.chunkHash(id, chunk);
  }

  /** Deletes one chunk. */
  async dropChunk(id: string, chunk: number): Promise<void> {
    this.#reads.forget(await this.#index.record(id), chunk);
    await this.#index.dropChunk(id, chunk);
  }

  /** Returns a file's record, which it creates if there is none, and moves the file to a kind. */
  async openFile(id: string, { name, size, validator, sha256 }: FileInfo, kind: StoreKind): Promise<StoredFile> {
    const info = { name, size, validator, sha256 };
    const record = await this.#openRecord({ id, ...info, kind });
    this.#records.set(id, record);
    await this.#use(id);
    return (await this.#index.find(id))!;
  }

  /** Opens a file on the disk, which is read where it is. A stored copy of the same file is used instead. */
  async importFile(handle: FileSystemFileHandle): Promise<StoredFile> {
    const { name, size, lastModified } = await handle.getFile();
    const id = `local:${name}`;
    const validator = String(lastModified);
    const old = await this.#index.findRecord(id);
    if (old?.kind === "handle") await this.delete(id);
    else if (old && (old.size !== size || old.validator !== validator)) throw nameTaken(name);
    const used = Date.now();
    const record = { id, name, size, validator, kind: "handle" as const, handle, file: crypto.randomUUID(), used };
    await this.#index.findOrAdd(record);
    return (await this.#index.find(id))!;
  }

  /** Returns the handle of a file on the disk, for which a page may ask permission; undefined for other files. */
  async fileHandle(id: string): Promise<FileSystemFileHandle | undefined> {
    return (await this.#index.findRecord(id))?.handle;
  }

  /** Changes what is known about a file. */
  setInfo(id: string, changes: FileChanges): Promise<void> {
    return this.#index.setInfo(id, changes);
  }

  /** Returns how far the hash of the whole file has been computed. */
  async hashState(id: string): Promise<HashState | undefined> {
    return (await this.#index.record(id)).hashing;
  }

  /** Keeps how far the hash of the whole file has been computed. */
  async keepHashState(id: string, hashing: HashState): Promise<void> {
    await this.#index.setInfo(id, { hashing });
  }

  /** Deletes a file. If another tab uses it, it is removed when that tab ends its use. */
  async delete(id: string): Promise<void> {
    this.#records.delete(id);
    await this.#uses.end(id);
    const removed = await this.#uses.ifUnused(id, () => this.#remove(id));
    if (!removed) await this.#index.setInfo(id, { deleting: true });
  }

  /** Says that this tab does not use a file any more. */
  async endUse(id: string): Promise<void> {
    await this.#uses.end(id);
    const record = await this.#index.findRecord(id);
    if (record?.deleting) await this.#uses.ifUnused(id, () => this.#remove(id));
  }

  /** Returns how many of `bytes` can be stored now; 0 if the browser does not say. */
  async freeSpace(bytes: number): Promise<number> {
    const opfs = await this.#opfs();
    if (opfs) return opfs.freeSpace(bytes);
    const { quota = 0, usage = 0 } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
    return Math.max(0, Math.min(bytes, quota - usage));
  }

  /** Stores a chunk, then marks it complete. */
  async putChunk(id: string, chunk: number, bytes: ArrayBuffer, hash: string): Promise<void> {
    await this.#change(id, async (record, backend) => {
      if (bytes.byteLength !== chunkLength(record.size, chunk)) throw otherSize(record.name);
      const pieces = await this.#index.pieces(id, chunk);
      const from = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
      const blob = await backend.write(record, chunk, bytes, from);
      this.#reads.forget(record, chunk);
      await this.#index.markStored(record, chunk, hash, blob);
    });
  }

  /**
   * Stores bytes of a chunk that is not complete. It tries without the lock and without reading the record again: what
   * is not stored soon is lost in a crash.
   */
  async putPiece(id: string, chunk: number, start: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const offset = chunk * CHUNK_BYTES + start;
    const put = async (record: FileRecord, backend: Backend) =>
      this.#index.putPiece(record, offset, await backend.writePiece(record, offset, bytes));
    if (!(await this.#tryKnownRecord(id, put))) await this.#change(id, put);
  }

  /** Calls body with the record that this tab has found last; reports whether it succeeded. */
  async #tryKnownRecord(id: string, body: (record: FileRecord, backend: Backend) => Promise<void>): Promise<boolean> {
    const record = this.#records.get(id);
    if (!record || !this.#uses.has(id)) return false;
    try {
      await body(record, await this.#backend(record));
      return true;
    } catch {
      return false; // for instance because the file has been moved
    }
  }

  /** Copies the pieces of a chunk to the start of `into`. Pieces that cannot be read are dropped. */
  async readPieces(id: string, chunk: number, into: Uint8Array): Promise<number> {
    const pieces = await this.#index.pieces(id, chunk);
    if (pieces.length === 0) return 0;
    const record = await this.#index.record(id);
    const backend = await this.#backend(record);
    const start = chunk * CHUNK_BYTES;
    const read = pieces.map((piece) =>
      backend.readPiece(record, piece.offset, piece, into.subarray(piece.offset - start)),
    );
    try {
      await Promise.all(read);
      return pieces.reduce((sum, { bytes }) => sum + bytes, 0);
    } catch {
      await this.dropPieces(id, chunk);
      return 0;
    }
  }

  /** Deletes the pieces of a chunk. */
  dropPieces(id: string, chunk: number): Promise<void> {
    return this.#index.dropPieces(id, chunk);
  }

  /** Returns the bytes from offset on. */
  async read(id: string, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer> {
    await this.#use(id);
    const { first, last } = chunkRange(offset, length);
    const { record, hashes } = await this.#index.recordWithHashes(id, first, last);
    try {
      const backend = await this.#backend(record);
      return await this.#reads.read({ record, first, hashes, backend }, offset, length, into);
    } catch (error) {
      const moved = (await this.#index.findRecord(id))?.file !== record.file;
      if (moved) return this.read(id, offset, length, into);
      throw await this.#dropUnreadable(record, error);
    }
  }

  /** Drops the chunks that an error of reading says are lost; returns the error for people. */
  async #dropUnreadable(record: FileRecord, error: unknown): Promise<unknown> {
    if (error instanceof ChangedChunk) {
      await this.#index.dropChunk(record.id, error.chunk);
      return bytesChanged(record.name, error.chunk);
    }
    if (!isGone(error) && (error as EngineError).code !== "integrity") return error;
    await this.#dropLostChunks(record);
    return isGone(error) ? bytesLost(record.name) : error;
  }

  /** Begins to use a file. */
  async #use(id: string): Promise<void> {
    if (await this.#uses.begin(id)) await this.#index.setInfo(id, { used: Date.now() }).catch(() => {});
  }

  /** Returns the record of an id after it has been created or moved. Only one tab at a time does so. */
  #openRecord(wanted: Omit<FileRecord, "file"> & { kind: StoreKind }): Promise<FileRecord> {
    const { id, kind } = wanted;
    return withLock(`outrider-file ${id}`, "exclusive", async () => {
      const usable = kind === "opfs" && (await this.#opfs()) ? "opfs" : "indexeddb";
      const added: FileRecord = { ...wanted, kind: usable, file: crypto.randomUUID(), used: Date.now() };
      const record = await this.#index.findOrAdd(added);
      if (record.file === added.file) await (await this.#backend(record)).create(record);
      if (record.deleting) await this.#index.setInfo(id, { deleting: false });
      if (usable === kind) await this.#move(record, kind);
      return this.#index.record(id);
    });
  }

  /** Moves a file to another kind of storage. What has arrived of incomplete chunks is dropped. */
  async #move(from: FileRecord, kind: "indexeddb" | "opfs"): Promise<void> {
    const { kind: old = "indexeddb" } = from;
    if (old === kind || old === "handle") return;
    const to: FileRecord = { ...from, kind, file: crypto.randomUUID() };
    const backend = await this.#backend(to);
    const { chunks } = (await this.#index.find(from.id))!;
    await backend.create(to);
    for (const chunk of chunks) {
      const bytes = await this.read(from.id, chunk * CHUNK_BYTES, chunkLength(from.size, chunk));
      const blob = await backend.write(to, chunk, bytes, 0);
      if (blob) await this.#index.putBlob(from, chunk, blob);
    }
    await this.#index.replace(from, to, chunks);
    await this.#removeBytes(from);
  }

  /**
   * Calls body with the current record of a file and its backend while the file is not moved. If the browser has
   * removed the bytes, body is called again with a new file.
   */
  async #change(id: string, body: (record: FileRecord, backend: Backend) => Promise<void>): Promise<void> {
    await this.#use(id);
    await withLock(`outrider-file ${id}`, "shared", async () => {
      const record = await this.#currentRecord(id);
      if (record.deleting) throw deletedElsewhere(record.name);
      const backend = await this.#backend(record);
      try {
        await body(record, backend);
      } catch (error) {
        if (!isGone(error)) throw error;
        await this.#dropLostChunks(record); // otherwise they would be read as the zeros of the new file
        await this.#index.dropPieces(id);
        await backend.create(record);
        await body(record, backend);
      }
    });
  }

  /** Returns the record of a file; one that the browser has cleared is created again, once. */
  async #currentRecord(id: string): Promise<FileRecord> {
    const record = await this.#index.findRecord(id);
    if (record) return record;
    const opened = this.#records.get(id);
    if (!opened || !this.#cleared.delete(id)) return this.#index.record(id); // throws
    const again = await this.#index.findOrAdd({ ...opened, file: crypto.randomUUID() });
    await (await this.#backend(again)).create(again);
    return again;
  }

  /** Drops the chunks that cannot be read any more, so that they can be downloaded again. */
  async #dropLostChunks(record: FileRecord): Promise<void> {
    if (record.kind === "handle") return;
    const backend = await this.#backend(record);
    for (const chunk of (await this.#index.find(record.id))?.chunks ?? []) {
      const end = chunk * CHUNK_BYTES + chunkLength(record.size, chunk);
      await backend.read(record, end - 1, 1).catch(() => this.dropChunk(record.id, chunk));
    }
  }

  /**
   * Removes the files that were deleted while another tab used them, which has been closed since. Returns the ids of
   * those that a tab still uses.
   */
  async #sweep(): Promise<string[]> {
    const used: string[] = [];
    for (const { id, deleting } of await this.#index.records()) {
      if (deleting && !(await this.#uses.ifUnused(id, () => this.#remove(id)))) used.push(id);
    }
    return used;
  }

  async #remove(id: string): Promise<void> {
    await this.#removeBytes(await this.#index.delete(id));
  }

  async #removeBytes(record: FileRecord | undefined): Promise<void> {
    if (record) await (await this.#backend(record)).remove(record);
  }

  async #backend(record: FileRecord): Promise<Backend> {
    if (record.kind === "handle") return this.#disk;
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

  #onCleared(): void {
    for (const id of this.#records.keys()) this.#cleared.add(id);
    void this.#opening?.then((opfs) => opfs?.cleared());
  }
}
