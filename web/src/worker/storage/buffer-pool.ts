// Buffers that have done their work, kept a moment for reads of the same length: the system hands out fresh memory page
// by page, and that takes longer than copying the bytes of an expert into pages that are there.

/** Milliseconds without a read after which nothing is kept. */
const IDLE = 2000;

export class BufferPool {
  readonly #limit: number;
  readonly #onIdle: () => void;
  #free: ArrayBuffer[] = [];
  #bytes = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Keeps at most limit bytes; onIdle is to empty it. */
  constructor(limit: number, onIdle: () => void) {
    this.#limit = limit;
    this.#onIdle = onIdle;
  }

  /** Bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Gives a buffer of this length away, if there is one. */
  take(length: number): ArrayBuffer | undefined {
    const i = this.#free.findIndex(({ byteLength }) => byteLength === length);
    if (i < 0) return undefined;
    this.#bytes -= length;
    return this.#free.splice(i, 1)[0];
  }

  /** Keeps a buffer; false when it does not fit. */
  keep(buffer: ArrayBuffer): boolean {
    if (this.#bytes + buffer.byteLength > this.#limit) return false;
    this.#free.push(buffer);
    this.#bytes += buffer.byteLength;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(this.#onIdle, IDLE);
    return true;
  }

  /** Frees every buffer and gives how many bytes they had. */
  empty(): number {
    const bytes = this.#bytes;
    this.#free.forEach(free);
    this.#free = [];
    this.#bytes = 0;
    clearTimeout(this.#idle);
    return bytes;
  }
}

/**
 * Frees a buffer's memory at once: it leaves with a message that nobody receives. A transfer to length 0 looks simpler, but
 * Chromium 156 then keeps the memory of a buffer that another worker has sent: 1.7 GB after 35 experts.
 */
export function free(buffer: ArrayBuffer): void {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(null, [buffer]);
  port1.close();
  port2.close();
}
