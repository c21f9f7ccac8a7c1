// A queue between whoever produces chunks and one reader.

/** Chunks as they come. Leaving the loop early calls the stop function given to the constructor. */
export class ChunkStream<T> implements AsyncIterableIterator<T> {
  readonly #queue: T[] = [];
  readonly #stop: () => void;
  #end: { error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(stop: () => void) {
    this.#stop = stop;
  }

  push(chunk: T): void {
    this.#queue.push(chunk);
    this.#wake?.();
  }

  /** Ends the stream once what is queued has been read; with an error, the reader's next step then throws it. */
  end(error?: unknown): void {
    this.#end = error === undefined ? {} : { error };
    this.#wake?.();
  }

  /** Resolves when there is something to read; rejects when the stream failed before its first chunk. */
  async ready(): Promise<void> {
    while (this.#queue.length === 0) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async next(): Promise<IteratorResult<T>> {
    await this.ready();
    const value = this.#queue.shift();
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  async return(): Promise<IteratorResult<T>> {
    this.#stop();
    this.#queue.length = 0;
    this.#end = {};
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
