// Stores what arrives of a chunk in pieces, so that a crash of the browser costs little.

import { EngineError } from "../../errors.js";
import type { ChunkStore } from "./chunk-store.js";

/** A piece is stored when it has this many bytes. */
const MAX_PIECE = 4 << 20;

/** A piece of at least this many bytes is stored when the last one is older than INTERVAL. */
const MIN_PIECE = 64 << 10;
const INTERVAL = 80; // milliseconds

/** Writes the pieces of one chunk, one after another. The last bytes of the chunk are left to ChunkStore.putChunk. */
export class PieceWriter {
  readonly #put: (start: number, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  readonly #length: number;
  readonly #onError: (error: unknown) => void;
  #bytes = new Uint8Array(0);
  #received = 0;
  #stored = 0;
  #lastTime = performance.now();
  #writing: Promise<void> | undefined;
  #error: unknown;

  /** The chunk lacks its last `length` bytes, from `start` on. onError is called when a piece cannot be stored. */
  constructor(
    store: ChunkStore,
    { id, chunk, start, length }: { id: string; chunk: number; start: number; length: number },
    onError: (error: unknown) => void,
  ) {
    this.#put = (at, bytes) => store.putPiece(id, chunk, start + at, bytes);
    this.#length = length;
    this.#onError = onError;
  }

  /** Takes over that `received` bytes have arrived, the first ones of `bytes`. */
  arrived(received: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#received = received;
    this.#bytes = bytes;
    if (this.#isDue()) this.#write();
  }

  /** Stores the rest, unless the chunk is complete, and waits until everything is stored. */
  async end(): Promise<void> {
    await this.#writing;
    while (this.#received < this.#length && this.#stored < this.#received && !this.#error) {
      this.#write();
      await this.#writing;
    }
  }

  #isDue(): boolean {
    if (this.#writing || this.#error || this.#received === this.#length) return false;
    const size = this.#received - this.#stored;
    return size >= MAX_PIECE || (size >= MIN_PIECE && performance.now() - this.#lastTime >= INTERVAL);
  }

  #write(): void {
    const start = this.#stored;
    const end = Math.min(this.#received, start + MAX_PIECE);
    this.#writing = this.#put(start, this.#bytes.subarray(start, end)).then(
      () => {
        this.#stored = end;
        this.#next();
      },
      (error) => this.#fail(error),
    );
  }

  #next(): void {
    this.#writing = undefined;
    this.#lastTime = performance.now();
    if (this.#isDue()) this.#write();
  }

  #fail(error: unknown): void {
    this.#writing = undefined;
    this.#error = error ?? new EngineError("internal", "a piece could not be stored");
    this.#onError(this.#error);
  }
}
