// The storage worker as the engine worker uses it. Go (loader/fetch/client_js.go) calls these methods; it holds the
// ArrayBuffers they return as handles and never copies weight bytes.

import { Client } from "../rpc.js";
import { Budget } from "./storage/budget.js";
import { BufferPool, freeBuffer } from "./storage/buffer-pool.js";
import { CHUNK_BYTES } from "./storage/chunk-store.js";
import type { ExportTarget } from "./storage/export-file.js";
import type { ChunkOptions, ChunkProgress, StorageMethods } from "./storage/methods.js";

/** The maximum of weight bytes that JavaScript holds at once, buffers kept for the next read included. */
const MAX_BYTES = 256e6;

declare global {
  /** The client that Go uses; installStorage sets it. */
  var outriderStorage: StorageClient | undefined;
}

/** Connects the Go program of this worker to a storage worker. It must be called before Go starts. */
export function installStorage(port: MessagePort): void {
  globalThis.outriderStorage = new StorageClient(port);
}

/** The methods that move many bytes. */
type LargeMethod = "storeChunk" | "checkChunk" | "hashFile" | "verify" | "exportFile" | "read";

/** The client of the storage worker, which limits the weight bytes that JavaScript holds at once. */
export class StorageClient {
  readonly #client: Client<StorageMethods>;
  readonly #budget: Budget;
  readonly #pool: BufferPool;

  /** Creates a client that holds at most maxBytes. */
  constructor(port: MessagePort, maxBytes = MAX_BYTES) {
    this.#client = new Client(port);
    this.#budget = new Budget(maxBytes);
    this.#pool = new BufferPool(maxBytes / 2, () => this.#budget.release(this.#pool.empty()));
  }

  /** Weight bytes held now, on their way between network, store and GPU. */
  get bytes(): number {
    return this.#budget.held - this.#pool.bytes;
  }

  /** The largest number of bytes held at once so far. */
  get peakBytes(): number {
    return this.#budget.peak;
  }

  /** Calls a method that moves few bytes. Rejects with an EngineError. */
  call<M extends Exclude<keyof StorageMethods, LargeMethod>>(
    signal: AbortSignal,
    method: M,
    ...args: StorageMethods[M]["args"]
  ): Promise<StorageMethods[M]["result"]> {
    return this.#client.call(method, args, { signal });
  }

  /** Stores a chunk of a source and returns its hash; onProgress is called a few times a second. */
  async storeChunk(
    signal: AbortSignal,
    id: string,
    chunk: number,
    source: number,
    options: ChunkOptions = {},
    onProgress?: (progress: ChunkProgress) => void,
  ): Promise<string> {
    return this.#holding(CHUNK_BYTES, () =>
      this.#client.call("storeChunk", [id, chunk, source, options], { signal, onProgress }),
    );
  }

  /** Reads a stored chunk, or its first bytes, from a source again and reports whether they are the stored ones. */
  async checkChunk(signal: AbortSignal, id: string, chunk: number, source: number, bytes: number): Promise<boolean> {
    return this.#holding(CHUNK_BYTES, () => this.#client.call("checkChunk", [id, chunk, source, bytes], { signal }));
  }

  /** Returns the SHA-256 of a complete file; onProgress receives the number of bytes hashed. */
  async hashFile(signal: AbortSignal, id: string, onProgress?: (bytes: number) => void): Promise<string> {
    return this.#holding(CHUNK_BYTES, () => this.#client.call("hashFile", [id], { signal, onProgress }));
  }

  /** Hashes a file again and returns how many chunks have changed; onProgress receives the number of bytes read. */
  async verify(signal: AbortSignal, id: string, onProgress?: (bytes: number) => void): Promise<number> {
    return this.#holding(CHUNK_BYTES, () => this.#client.call("verify", [id], { signal, onProgress }));
  }

  /** Writes a complete file to a target, which is closed; onProgress receives the number of bytes written. */
  async exportFile(
    signal: AbortSignal,
    id: string,
    target: ExportTarget,
    onProgress?: (bytes: number) => void,
  ): Promise<void> {
    const transfer = target instanceof WritableStream ? [target as unknown as Transferable] : [];
    return this.#holding(CHUNK_BYTES, () =>
      this.#client.call("exportFile", [id, target], { signal, onProgress, transfer }),
    );
  }

  /** Reads bytes of the store. Call release with the buffer when its bytes have been copied. */
  async read(signal: AbortSignal, id: string, offset: number, length: number): Promise<ArrayBuffer> {
    const into = this.#pool.take(length);
    if (!into) await this.#acquire(length);
    try {
      const args: StorageMethods["read"]["args"] = into ? [id, offset, length, into] : [id, offset, length];
      return await this.#client.call("read", args, { signal, transfer: into ? [into] : [] });
    } catch (error) {
      this.#budget.release(length);
      throw error;
    }
  }

  /**
   * Releases a buffer that read returned: a read of the same length soon after uses it again, otherwise it is freed.
   */
  release(buffer: ArrayBuffer): void {
    if (!this.#budget.exhausted && this.#pool.keep(buffer)) return;
    const { byteLength } = buffer;
    freeBuffer(buffer);
    this.#budget.release(byteLength);
  }

  /** Calls body while bytes more are held. */
  async #holding<T>(bytes: number, body: () => Promise<T>): Promise<T> {
    await this.#acquire(bytes);
    try {
      return await body();
    } finally {
      this.#budget.release(bytes);
    }
  }

  /** Waits until bytes more may be held. Buffers that are kept for later are freed first. */
  async #acquire(bytes: number): Promise<void> {
    if (!this.#budget.has(bytes)) this.#budget.release(this.#pool.empty());
    await this.#budget.acquire(bytes);
  }
}
