// Takes one chunk from a source into the store.

import { EngineError, throwIfAborted } from "../../errors.js";
import type { Call } from "../../rpc.js";
import { BufferPool } from "./buffer-pool.js";
import { CHUNK_BYTES, type ChunkStore, chunkLength, sha256 } from "./chunk-store.js";
import { allFinite } from "./finite.js";
import { withLock } from "./locks.js";
import type { ChunkOptions, ChunkProgress } from "./methods.js";
import { PieceWriter } from "./piece-writer.js";
import { announce, watchOtherTabs } from "./progress-channel.js";
import type { Source, Waiting } from "./source.js";
import { throttled } from "./throttled.js";

/** The buffers of the last chunks, for the next ones. */
const buffers = new BufferPool(4 * CHUNK_BYTES, () => buffers.empty());

/** A chunk of a file, where its bytes come from, and how. */
export interface ChunkRequest extends ChunkOptions {
  id: string;
  chunk: number;
  source: Source;
}

type StoreCall = Pick<Call<ChunkProgress>, "signal" | "progress">;

/**
 * Stores a chunk unless it is stored or to be replaced, and returns its hash. While another tab stores it, this one
 * waits and reports the progress of that tab.
 */
export async function storeChunk(store: ChunkStore, call: StoreCall, request: ChunkRequest): Promise<string> {
  const { id, chunk } = request;
  const reports = new Reports(call.progress);
  const endWatch = watchOtherTabs(id, chunk, (received) => reports.received(received));
  const storeIfAbsent = async () => {
    endWatch();
    const stored = await store.chunkHash(id, chunk);
    if (stored !== undefined && !request.replace) return stored;
    return new ChunkFetch(store, request, reports, stored !== undefined).run(call.signal);
  };
  try {
    return await withLock(`outrider-chunk ${id} ${chunk}`, "exclusive", storeIfAbsent, call.signal);
  } finally {
    endWatch();
  }
}

/** The progress of a chunk, as far as it is worth reporting. */
class Reports {
  readonly #send: (progress: ChunkProgress) => void;
  readonly #sendBytes: () => void;
  readonly #current: ChunkProgress = { received: 0, waiting: false, cause: "", until: 0 };

  constructor(send: (progress: ChunkProgress) => void) {
    this.#send = send;
    this.#sendBytes = throttled<void>(() => this.#send({ ...this.#current }));
  }

  /** Reports that bytes have arrived. */
  received(bytes: number): void {
    this.#current.received = bytes;
    this.#sendBytes();
  }

  /** Reports that the chunk waits, or with undefined that it continues. */
  waiting(waiting: Waiting | undefined): void {
    Object.assign(this.#current, { waiting: waiting !== undefined, cause: "", until: 0 }, waiting);
    this.#send({ ...this.#current });
  }
}

/** The way of one chunk from its source into the store. */
class ChunkFetch {
  readonly #store: ChunkStore;
  readonly #request: ChunkRequest;
  readonly #reports: Reports;
  readonly #isStored: boolean;
  readonly #announce: (received: number) => void;

  /** isStored says that other bytes of the chunk are stored, which stay until these are. */
  constructor(store: ChunkStore, request: ChunkRequest, reports: Reports, isStored: boolean) {
    this.#store = store;
    this.#request = request;
    this.#reports = reports;
    this.#isStored = isStored;
    this.#announce = throttled((received) => announce(request.id, request.chunk, received));
  }

  /** Reads what is not stored of the chunk, checks its hash and its numbers, and stores it. */
  async run(signal: AbortSignal): Promise<string> {
    const { id, chunk, expected, finite = [] } = this.#request;
    const bytes = await this.#readBytes(signal);
    const hash = await sha256(bytes);
    throwIfAborted(signal);
    if (expected && hash !== expected) throw await this.#damaged("its hash is not the published one");
    if (!allFinite(bytes, finite)) throw await this.#damaged("it has numbers that no model has");
    await this.#store.putChunk(id, chunk, bytes, hash);
    buffers.keep(bytes);
    return hash;
  }

  /** Returns the chunk's bytes: the stored pieces, and the rest from the source. */
  async #readBytes(signal: AbortSignal): Promise<ArrayBuffer> {
    const { id, chunk, source } = this.#request;
    const length = chunkLength(source.info.size, chunk);
    if (length <= 0) throw new EngineError("internal", `${id} has no chunk ${chunk}`);
    throwIfAborted(signal);
    if (this.#request.replace) await this.#store.dropPieces(id, chunk);
    const buffer = buffers.take(length) ?? new ArrayBuffer(length);
    const bytes = new Uint8Array(buffer);
    const start = await this.#store.readPieces(id, chunk, bytes);
    if (start === 0) return this.#readRest(0, length, signal, buffer);
    this.#reports.received(start);
    if (start < length) bytes.set(new Uint8Array(await this.#readRest(start, length - start, signal)), start);
    return buffer;
  }

  /** Reads the last `length` bytes of the chunk from the source, and stores pieces of them as they arrive. */
  async #readRest(start: number, length: number, signal: AbortSignal, into?: ArrayBuffer): Promise<ArrayBuffer> {
    const { id, chunk, source, background = false, demand = false } = this.#request;
    const failed = new AbortController();
    const writer = new PieceWriter(this.#store, { id, chunk, start, length }, (error) => failed.abort(error));
    const onBytes = (received: number, bytes: Uint8Array) => {
      this.#reports.received(start + received);
      this.#announce(start + received);
      if (!this.#isStored) writer.arrived(received, bytes as Uint8Array<ArrayBuffer>);
    };
    const onWaiting = (waiting?: Waiting) => this.#reports.waiting(waiting);
    const options = { background, demand, onWaiting, ...(into && { into }) };
    const either = AbortSignal.any([signal, failed.signal]);
    try {
      return await source.read(chunk * CHUNK_BYTES + start, length, either, onBytes, options);
    } catch (error) {
      throw failed.signal.aborted ? failed.signal.reason : error;
    } finally {
      await writer.end();
    }
  }

  /** Drops what is stored of the chunk in pieces and returns the error of its bytes. */
  async #damaged(reason: string): Promise<EngineError> {
    const { id, source, chunk } = this.#request;
    await this.#store.dropPieces(id, chunk);
    const message = `part ${chunk + 1} of ${source.info.name} arrived damaged: ${reason}; try again`;
    return new EngineError("integrity", message, { retryable: true });
  }
}

/** Reads a stored chunk, or its first `bytes`, from a source again and reports whether they are the stored ones. */
export async function checkChunk(
  store: ChunkStore,
  id: string,
  chunk: number,
  source: Source,
  bytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const length = chunkLength(source.info.size, chunk);
  if (length <= 0) return false;
  const start = chunk * CHUNK_BYTES;
  const found = await source.read(start, Math.min(length, bytes), signal, () => {});
  if (bytes >= length) return (await sha256(found)) === (await store.chunkHash(id, chunk));
  const stored = await store.read(id, start, bytes).catch(() => undefined);
  return stored !== undefined && (await sha256(found)) === (await sha256(stored));
}
