// The storage worker as the engine worker sees it. Go (loader/fetch/client_js.go) calls these methods; it holds the
// ArrayBuffers they give as handles and never copies weight bytes.

import { Budget } from "./storage/budget.js";
import { CHUNK_BYTES } from "./storage/chunk-store.js";
import { aborted, StorageFault } from "./storage/fault.js";
import type { Answer, Ask, Method, Methods } from "./storage/messages.js";

/** The most weight bytes that may be held by JavaScript at once. */
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
  reject(fault: StorageFault): void;
  onProgress?: ((bytes: number) => void) | undefined;
}

export class StorageClient {
  readonly #port: MessagePort;
  readonly #budget: Budget;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  constructor(port: MessagePort, maxBytes = MAX_BYTES) {
    this.#port = port;
    this.#budget = new Budget(maxBytes);
    port.onmessage = ({ data }: MessageEvent<Answer>) => this.#receive(data);
  }

  /** Bytes of weights held now, on their way between network, store and GPU. */
  get bytes(): number {
    return this.#budget.held;
  }

  /** The most bytes held at once so far. */
  get peakBytes(): number {
    return this.#budget.peak;
  }

  /** Everything that moves few bytes. Rejects with a StorageFault. */
  call<M extends Exclude<Method, "fill" | "read">>(signal: AbortSignal, method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>> {
    return this.#ask(signal, method, args);
  }

  /** Brings a chunk into the store; onProgress hears how many of its bytes have arrived, now and then. */
  async fill(signal: AbortSignal, id: string, chunk: number, source: number, onProgress?: (bytes: number) => void): Promise<void> {
    await this.#budget.acquire(CHUNK_BYTES);
    try {
      await this.#ask(signal, "fill", [id, chunk, source], onProgress);
    } finally {
      this.#budget.release(CHUNK_BYTES);
    }
  }

  /** Bytes of the store. Give the buffer back with release when its bytes have been copied to where they belong. */
  async read(signal: AbortSignal, id: string, offset: number, length: number): Promise<ArrayBuffer> {
    await this.#budget.acquire(length);
    try {
      return await this.#ask(signal, "read", [id, offset, length]);
    } catch (error) {
      this.#budget.release(length);
      throw error;
    }
  }

  /** Ends the life of a buffer that read gave. Its memory is freed at once where the browser can do that. */
  release(buffer: ArrayBuffer): void {
    const { byteLength } = buffer;
    (buffer as { transfer?: (newLength: number) => ArrayBuffer }).transfer?.(0);
    this.#budget.release(byteLength);
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
      this.#port.postMessage({ id, method, args } satisfies Ask);
    });
    return answer.finally(() => signal.removeEventListener("abort", abort)) as Promise<ReturnType<Methods[M]>>;
  }

  #receive(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (!pending) return;
    if ("progress" in answer) return pending.onProgress?.(answer.progress);
    this.#pending.delete(answer.id);
    if ("error" in answer) {
      const { code, message, retryable } = answer.error;
      pending.reject(new StorageFault(code, message, retryable));
    } else {
      pending.resolve(answer.result);
    }
  }
}
