// The store of a browser: one catalogue, and a shelf for each kind of file.

import { BlobShelf } from "./blobs.js";
import { Catalogue, type FileRecord } from "./catalogue.js";
import { CHUNK_BYTES, chunkLength, chunksOf, SCRATCH, type ChunkStore, type FileInfo, type StoredFile, type StoreKind } from "./chunk-store.js";
import { EngineError } from "../../errors.js";
import { FileShelf } from "./opfs.js";
import { isGone, type Shelf } from "./shelf.js";

export class BrowserStore implements ChunkStore {
  readonly #name: string;
  readonly #catalogue: Catalogue;
  readonly #blobs: Shelf;
  #files: Promise<FileShelf | undefined> | undefined;

  constructor(name = "outrider-weights") {
    this.#name = name;
    this.#catalogue = new Catalogue(name, () => void this.#files?.then((files) => files?.cleared()));
    this.#blobs = new BlobShelf(this.#catalogue);
  }

  async list(): Promise<StoredFile[]> {
    return (await this.#catalogue.list()).filter(({ id }) => id !== SCRATCH);
  }

  find(id: string): Promise<StoredFile | undefined> {
    return this.#catalogue.find(id);
  }

  hash(id: string, chunk: number): Promise<string | undefined> {
    return this.#catalogue.hash(id, chunk);
  }

  drop(id: string, chunk: number): Promise<void> {
    return this.#catalogue.drop(id, chunk);
  }

  async add(id: string, { name, size, validator }: FileInfo): Promise<StoredFile> {
    const info = { id, name, size, validator, kind: "indexeddb" as const };
    await this.#discard(await this.#catalogue.add({ ...info, file: crypto.randomUUID() }));
    return { ...info, chunks: [] };
  }

  async delete(id: string): Promise<void> {
    await this.#discard(await this.#catalogue.delete(id));
  }

  async put(id: string, chunk: number, bytes: ArrayBuffer, hash: string): Promise<void> {
    const record = await this.#catalogue.record(id);
    const shelf = await this.#shelf(record);
    try {
      await shelf.write(record, chunk, bytes);
    } catch (error) {
      if (!isGone(error)) throw error;
      await this.#dropLost(record); // else its chunks would be read as the zeros of a new file
      await shelf.create(record);
      await shelf.write(record, chunk, bytes);
    }
    await this.#catalogue.mark(record, chunk, hash);
  }

  async read(id: string, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer> {
    const { first, last } = chunksOf(offset, length);
    const record = await this.#catalogue.recordWith(id, first, last);
    try {
      return await (await this.#shelf(record)).read(record, offset, length, into);
    } catch (error) {
      if (!isGone(error) && (error as EngineError).code !== "integrity") throw error;
      await this.#dropLost(record);
      throw isGone(error) ? lost(record.name) : error;
    }
  }

  async move(id: string, kind: StoreKind): Promise<StoredFile> {
    const from = await this.#catalogue.record(id);
    const by: FileRecord = { ...from, kind, ...(kind === "opfs" && { file: crypto.randomUUID() }) };
    const to = kind === "opfs" ? await this.#opfs() : this.#blobs;
    if (to && kind !== (from.kind ?? "indexeddb")) {
      const { chunks } = (await this.find(id))!;
      await to.create(by);
      for (const chunk of chunks) {
        const bytes = await this.read(id, chunk * CHUNK_BYTES, chunkLength(from.size, chunk));
        await to.write(by, chunk, bytes);
      }
      await this.#catalogue.replace(from, by, chunks);
      await this.#discard(from);
    }
    return (await this.find(id))!;
  }

  /** Marks absent what cannot be read any more, so that it can be downloaded again. */
  async #dropLost(record: FileRecord): Promise<void> {
    const shelf = await this.#shelf(record);
    for (const chunk of (await this.find(record.id))?.chunks ?? []) {
      const end = chunk * CHUNK_BYTES + chunkLength(record.size, chunk);
      await shelf.read(record, end - 1, 1).catch(() => this.#catalogue.drop(record.id, chunk));
    }
  }

  async #discard(record: FileRecord | undefined): Promise<void> {
    if (record) await (await this.#shelf(record)).discard(record);
  }

  async #shelf(record: FileRecord): Promise<Shelf> {
    if (record.kind !== "opfs") return this.#blobs;
    const files = await this.#opfs();
    if (files) return files;
    throw new EngineError("storage_error", `${record.name} cannot be read in this window: the browser refuses it its private files; open the page in a normal window`);
  }

  #opfs(): Promise<FileShelf | undefined> {
    return (this.#files ??= FileShelf.open(this.#name, () => this.#catalogue.records()));
  }
}

const lost = (name: string) =>
  new EngineError("storage_error", `the browser has removed parts of ${name} from its storage; download the model again`, { retryable: true });
