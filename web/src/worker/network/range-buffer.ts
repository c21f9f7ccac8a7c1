// The bytes of a range as they arrive, from one response or several.

import type { OnBytes } from "../storage/source.js";
import type { Range } from "./response.js";

/** The buffer of one read. */
export class RangeBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #offset: number;
  readonly #onBytes: OnBytes;
  #received = 0;
  #start = 0; // where the current response began
  #held = false;

  /** The bytes are put into a given buffer if it has their length. */
  constructor({ offset, length }: Range, onBytes: OnBytes, into?: ArrayBuffer) {
    this.bytes = new Uint8Array(into?.byteLength === length ? into : new ArrayBuffer(length));
    this.#offset = offset;
    this.#onBytes = onBytes;
  }

  /** What has not arrived yet. */
  get missing(): Range {
    return { offset: this.#offset + this.#received, length: this.bytes.length - this.#received };
  }

  /** Whether all bytes have arrived. */
  get complete(): boolean {
    return this.#received === this.bytes.length;
  }

  /** How many bytes of the current response have arrived. */
  get ofResponse(): number {
    return this.#received - this.#start;
  }

  /**
   * Begins a response. The bytes of one whose length is unknown are not reported before it has ended: it may turn out
   * to be too long and therefore wrong.
   */
  begin(lengthKnown: boolean): void {
    this.#start = this.#received;
    this.#held = !lengthKnown;
  }

  /** Adds bytes; returns false if they are more than were requested. */
  add(piece: Uint8Array): boolean {
    if (piece.length > this.bytes.length - this.#received) return false;
    this.bytes.set(piece, this.#received);
    this.#received += piece.length;
    if (!this.#held) this.#onBytes(this.#received, this.bytes);
    return true;
  }

  /** Ends a response, whose bytes are kept. */
  end(): void {
    if (this.#held && this.ofResponse > 0) this.#onBytes(this.#received, this.bytes);
    this.#held = false;
    this.#start = this.#received;
  }

  /** Throws away the bytes of the current response that have not been reported. */
  discard(): void {
    if (this.#held) this.#received = this.#start;
    this.#held = false;
    this.#start = this.#received;
  }
}
