// The store of a browser: one chunk index, and a backend for each kind of file.

import { BlobBackend } from "./blob-backend.js";
import { ChunkIndex, type FileRecord } from "./chunk-index.js";
import { CHUNK_BYTES, chunkLength, chunksOf, SCRATCH, type ChunkStore, type FileInfo, type StoredFile, type StoreKind } from "./chunk-store.js";
import { EngineError } from "../../errors.js";
import { OPFSBackend } from "./opfs-backend.js";
import { isGone, type Backend } from "./backend.js";

export class BrowserStore implements ChunkStore {
  readonly #name: string;
  readonly #index: ChunkIndex;
  readonly #blobs: Backend;
  #files: Promise<OPFSBackend | undefined> | undefined;

  constructor(name = "outrider-weights") {
    this.#name = name;
    this.#index = new ChunkIndex(name, () => void this.#files?.then((files) => files?.cleared()));
    this.#blobs = new BlobBackend(this.#index);
  }

  async list(): Promise<StoredFile[]> {
    return (await this.#index.list()).filter(({ id }) => id !== SCRATCH);
  }

  find(id: string): Promise<StoredFile | undefined> {
    return this.#index.find(id);
  }

  chunkHash(id: string, chunk: number): Promise<string | undefined> {
    return this.#index.chunkHash(id, chunk);
  }

  dropChunk(id: string, chunk: number): Promise<void> {
    return this.#index.dropChunk(id, chunk);
  }

  async add(id: string, { name, size, validator }: FileInfo): Promise<StoredFile> {
    const info = { id, name, size, validator, kind: "indexeddb" as const };
    await this.#discard(await this.#index.add({ ...info, file: crypto.randomUUID() }));
    return { ...info, chunks: [] };
  }

  async delete(id: string): Promise<void> {
    await this.#discard(await this.#index.delete(id));
  }

  async putChunk(id: string, chunk: number, bytes: ArrayBuffer, hash: string): Promise<void> {
    const record = await this.#index.record(id);
    const backend = await this.#backend(record);
    try {
      await backend.write(record, chunk, bytes);
    } catch (error) {
      if (!isGone(error)) throw error;
      await this.#dropLost(record); // else its chunks would be read as the zeros of a new file
      await backend.create(record);
      await backend.write(record, chunk, bytes);
    }
    await this.#index.markStored(record, chunk, hash);
  }

  async read(id: string, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer> {
    const { first, last } = chunksOf(offset, length);
    const record = await this.#index.recordWith(id, first, last);
    try {
      return await (await this.#backend(record)).read(record, offset, length, into);
    } catch (error) {
      if (!isGone(error) && (error as EngineError).code !== "integrity") throw error;
      await this.#dropLost(record);
      throw isGone(error) ? lost(record.name) : error;
    }
  }

  async move(id: string, kind: StoreKind): Promise<StoredFile> {
    const from = await this.#index.record(id);
    const by: FileRecord = { ...from, kind, ...(kind === "opfs" && { file: crypto.randomUUID() }) };
    const to = kind === "opfs" ? await this.#opfs() : this.#blobs;
    if (to && kind !== (from.kind ?? "indexeddb")) {
      const { chunks } = (await this.find(id))!;
      await to.create(by);
      for (const chunk of chunks) {
        const bytes = await this.read(id, chunk * CHUNK_BYTES, chunkLength(from.size, chunk));
        await to.write(by, chunk, bytes);
      }
      await this.#index.replace(from, by, chunks);
      await this.#discard(from);
    }
    return (await this.find(id))!;
  }

  /** Marks absent what cannot be read any more, so that it can be downloaded again. */
  async #dropLost(record: FileRecord): Promise<void> {
    const backend = await this.#backend(record);
    for (const chunk of (await this.find(record.id))?.chunks ?? []) {
      const end = chunk * CHUNK_BYTES + chunkLength(record.size, chunk);
      await backend.read(record, end - 1, 1).catch(() => this.#index.dropChunk(record.id, chunk));
    }
  }

  async #discard(record: FileRecord | undefined): Promise<void> {
    if (record) await (await this.#backend(record)).discard(record);
  }

  async #backend(record: FileRecord): Promise<Backend> {
    if (record.kind !== "opfs") return this.#blobs;
    const files = await this.#opfs();
    if (files) return files;
    throw new EngineError("storage_error", `${record.name} cannot be read in this window: the browser refuses it its private files; open the page in a normal window`);
  }

  #opfs(): Promise<OPFSBackend | undefined> {
    return (this.#files ??= OPFSBackend.open(this.#name, () => this.#index.records()));
  }
}

const lost = (name: string) =>
  new EngineError("storage_error", `the browser has removed parts of ${name} from its storage; download the model again`, { retryable: true });
