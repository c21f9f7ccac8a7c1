// Reads from the store that find bytes which have changed on the disk. The first read of a chunk in a session reads all
// of the chunk and compares its hash with that of the bytes that were stored.
//
// Hashing takes longer than reading from a fast disk. Once it has taken 10 s of a session, it may take a tenth of the
// session's time: then chunks are read unverified while that is used up, and are verified when they are read again.

import { type Backend, shortRead } from "./backend.js";
import { CHUNK_BYTES, chunkLength, chunkRange, sha256 } from "./chunk-store.js";
import type { FileRecord } from "./schema.js";
import { TimeBudget } from "./time-budget.js";

/** A chunk whose bytes are not those that were stored. */
export class ChangedChunk extends Error {
  readonly chunk: number;

  constructor(chunk: number) {
    super(`the stored bytes of chunk ${chunk} have changed`);
    this.chunk = chunk;
  }
}

/** What is read: a file, the hashes of the chunks from `first` on, and where their bytes are. */
export interface ReadTarget {
  record: FileRecord;
  first: number;
  /** In lower-case hex; empty for a chunk of a file on the disk that is read for the first time. */
  hashes: string[];
  backend: Backend;
}

/** How many chunks that have just been read are kept for reads of their other parts, and for how long. */
const MAX_RECENT = 4;
const RECENT_TIMEOUT = 2000; // milliseconds

/** The reads of a session. */
export class VerifiedReads {
  readonly #onFirstHash: (record: FileRecord, chunk: number, hash: string) => Promise<void>;
  readonly #budget: TimeBudget;
  readonly #verified = new Set<string>();
  readonly #recent = new Map<string, Promise<ArrayBuffer>>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** onFirstHash is called with the hash of a chunk that has none. */
  constructor(
    onFirstHash: (record: FileRecord, chunk: number, hash: string) => Promise<void>,
    budget = new TimeBudget(10_000, 0.1),
  ) {
    this.#onFirstHash = onFirstHash;
    this.#budget = budget;
  }

  /** Returns the bytes from offset on. Throws a {@link ChangedChunk}. */
  async read(target: ReadTarget, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer> {
    const { first, last } = chunkRange(offset, length);
    const { record, backend } = target;
    if (offset + length > record.size) throw shortRead(record.name);
    if (!this.#mustVerify(record, first, last)) return backend.read(record, offset, length, into);
    const out = into?.byteLength === length ? into : new ArrayBuffer(length);
    const chunks = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    await Promise.all(chunks.map((chunk) => this.#copyPart(target, chunk, offset, new Uint8Array(out))));
    return out;
  }

  /** Reports whether a chunk of a range is not verified and there is time for it. */
  #mustVerify(record: FileRecord, first: number, last: number): boolean {
    for (let chunk = first; chunk <= last; chunk++) {
      if (!this.#verified.has(keyOf(record, chunk))) return this.#budget.allows();
    }
    return false;
  }

  /** Forgets that a chunk is verified, because its bytes are written again. */
  forget(record: FileRecord, chunk: number): void {
    this.#verified.delete(keyOf(record, chunk));
    this.#recent.delete(keyOf(record, chunk));
  }

  /** Copies what is in a chunk to `out`, which is at an offset of the file. */
  async #copyPart(target: ReadTarget, chunk: number, offset: number, out: Uint8Array): Promise<void> {
    const start = chunk * CHUNK_BYTES;
    const from = Math.max(offset, start);
    const to = Math.min(offset + out.length, start + chunkLength(target.record.size, chunk));
    const bytes = this.#verified.has(keyOf(target.record, chunk))
      ? new Uint8Array(await target.backend.read(target.record, from, to - from))
      : new Uint8Array(await this.#verifiedChunk(target, chunk), from - start, to - from);
    out.set(bytes, from - offset);
  }

  /** Returns the bytes of a chunk after their hash has been compared. Concurrent calls share one read. */
  #verifiedChunk(target: ReadTarget, chunk: number): Promise<ArrayBuffer> {
    const key = keyOf(target.record, chunk);
    const found = this.#recent.get(key);
    if (found) return found;
    const reading = this.#budget.spend(() => this.#verify(target, chunk));
    this.#recent.set(key, reading);
    reading.then(
      () => this.#keepRecent(key),
      () => this.#recent.delete(key),
    );
    return reading;
  }

  async #verify({ record, first, hashes, backend }: ReadTarget, chunk: number): Promise<ArrayBuffer> {
    const bytes = await backend.read(record, chunk * CHUNK_BYTES, chunkLength(record.size, chunk));
    const hash = await sha256(bytes);
    const expected = hashes[chunk - first];
    if (!expected) await this.#onFirstHash(record, chunk, hash);
    else if (hash !== expected) throw new ChangedChunk(chunk);
    return bytes;
  }

  /** Marks a chunk verified and drops the oldest of the recent ones. */
  #keepRecent(key: string): void {
    this.#verified.add(key);
    for (const [oldest] of this.#recent) {
      if (this.#recent.size <= MAX_RECENT) break;
      this.#recent.delete(oldest);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#recent.clear(), RECENT_TIMEOUT);
    (this.#timer as { unref?(): void }).unref?.();
  }
}

const keyOf = ({ id, file = "" }: FileRecord, chunk: number) => `${chunk} ${file} ${id}`;
