// Buffers kept for the next reads of the same length. Fresh memory is mapped page by page, which takes longer than
// copying the bytes of an expert into pages that are mapped already.

/** Milliseconds after the last {@link BufferPool.keep} until onIdle is called. */
const IDLE_TIMEOUT = 2000;

/** Keeps released buffers for a short time. */
export class BufferPool {
  readonly #limit: number;
  readonly #onIdle: () => void;
  #buffers: ArrayBuffer[] = [];
  #bytes = 0;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  /** The pool keeps at most limit bytes. onIdle should call {@link empty}. */
  constructor(limit: number, onIdle: () => void) {
    this.#limit = limit;
    this.#onIdle = onIdle;
  }

  /** Bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Removes a buffer of this length from the pool and returns it; undefined if there is none. */
  take(length: number): ArrayBuffer | undefined {
    const i = this.#buffers.findIndex(({ byteLength }) => byteLength === length);
    if (i < 0) return undefined;
    this.#bytes -= length;
    return this.#buffers.splice(i, 1)[0];
  }

  /** Keeps a buffer; returns false if that would exceed the limit. */
  keep(buffer: ArrayBuffer): boolean {
    if (this.#bytes + buffer.byteLength > this.#limit) return false;
    this.#buffers.push(buffer);
    this.#bytes += buffer.byteLength;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(this.#onIdle, IDLE_TIMEOUT);
    return true;
  }

  /** Frees every buffer and returns the number of bytes freed. */
  empty(): number {
    const bytes = this.#bytes;
    this.#buffers.forEach(freeBuffer);
    this.#buffers = [];
    this.#bytes = 0;
    clearTimeout(this.#idleTimer);
    return bytes;
  }
}

/**
 * Frees a buffer's memory immediately by transferring it in a message that is never received. A transfer to length 0
 * would be simpler, but Chromium 156 then keeps the memory of a buffer that came from another worker: 1.7 GB after 35
 * experts.
 */
export function freeBuffer(buffer: ArrayBuffer): void {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(null, [buffer]);
  port1.close();
  port2.close();
}
