// The storage worker as the engine worker sees it. Go (loader/fetch/client_js.go) calls these methods; it holds the
// ArrayBuffers they give as handles and never copies weight bytes.

import { aborted, type EngineError, fromErrorData } from "../errors.js";
import { Budget } from "./storage/budget.js";
import { CHUNK_BYTES } from "./storage/chunk-store.js";
import type { Answer, Ask, Method, Methods } from "./storage/messages.js";
import { freeBuffer, BufferPool } from "./storage/buffer-pool.js";

/** The most weight bytes that may be held by JavaScript at once, buffers kept for the next read included. */
const MAX_BYTES = 256e6;

declare global {
  /** Where Go finds the client; see installStorage. */
  var outriderStorage: StorageClient | undefined;
}

/** Connects the Go program of this worker to a storage worker. Call it before Go starts. */
export function installStorage(port: MessagePort): StorageClient {
  return (globalThis.outriderStorage = new StorageClient(port));
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: EngineError): void;
  onProgress?: ((bytes: number) => void) | undefined;
}

export class StorageClient {
  readonly #port: MessagePort;
  readonly #budget: Budget;
  readonly #pool: BufferPool;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  constructor(port: MessagePort, maxBytes = MAX_BYTES) {
    this.#port = port;
    this.#budget = new Budget(maxBytes);
    this.#pool = new BufferPool(maxBytes / 2, () => this.#budget.release(this.#pool.empty()));
    port.onmessage = ({ data }: MessageEvent<Answer>) => this.#receive(data);
  }

  /** Bytes of weights held now, on their way between network, store and GPU. */
  get bytes(): number {
    return this.#budget.held - this.#pool.bytes;
  }

  /** The most bytes held at once so far. */
  get peakBytes(): number {
    return this.#budget.peak;
  }

  /** Everything that moves few bytes. Rejects with an EngineError. */
  call<M extends Exclude<Method, "storeChunk" | "read">>(signal: AbortSignal, method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>> {
    return this.#ask(signal, method, args);
  }

  /** Brings a chunk into the store; onProgress hears how many of its bytes have arrived, now and then. */
  async storeChunk(signal: AbortSignal, id: string, chunk: number, source: number, onProgress?: (bytes: number) => void): Promise<void> {
    await this.#acquire(CHUNK_BYTES);
    try {
      await this.#ask(signal, "storeChunk", [id, chunk, source], onProgress);
    } finally {
      this.#budget.release(CHUNK_BYTES);
    }
  }

  /** Bytes of the store. Give the buffer back with release when its bytes have been copied to where they belong. */
  async read(signal: AbortSignal, id: string, offset: number, length: number): Promise<ArrayBuffer> {
    const into = this.#pool.take(length);
    if (!into) await this.#acquire(length);
    try {
      return await this.#ask(signal, "read", into ? [id, offset, length, into] : [id, offset, length]);
    } catch (error) {
      this.#budget.release(length);
      throw error;
    }
  }

  /** Takes back a buffer that read gave: a read of the same length soon after gets it again, else its memory is freed. */
  release(buffer: ArrayBuffer): void {
    if (!this.#budget.exhausted && this.#pool.keep(buffer)) return;
    const { byteLength } = buffer;
    freeBuffer(buffer);
    this.#budget.release(byteLength);
  }

  /** Waits until bytes more may be held. What is kept for later goes first. */
  async #acquire(bytes: number): Promise<void> {
    if (!this.#budget.has(bytes)) this.#budget.release(this.#pool.empty());
    await this.#budget.acquire(bytes);
  }

  #ask<M extends Method>(
    signal: AbortSignal,
    method: M,
    args: Parameters<Methods[M]>,
    onProgress?: (bytes: number) => void,
  ): Promise<ReturnType<Methods[M]>> {
    if (signal.aborted) return Promise.reject(aborted());
    const id = this.#nextId++;
    const abort = () => this.#port.postMessage({ id, abort: true } satisfies Ask);
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress });
      signal.addEventListener("abort", abort);
      this.#port.postMessage({ id, method, args } satisfies Ask, args.filter((arg) => arg instanceof ArrayBuffer));
    });
    return answer.finally(() => signal.removeEventListener("abort", abort)) as Promise<ReturnType<Methods[M]>>;
  }

  #receive(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (!pending) return;
    if ("progress" in answer) return pending.onProgress?.(answer.progress);
    this.#pending.delete(answer.id);
    if ("error" in answer) {
      pending.reject(fromErrorData(answer.error));
    } else {
      pending.resolve(answer.result);
    }
  }
}
