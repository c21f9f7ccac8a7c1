// A queue between one producer and one reader.

/** The deltas of an answer as they arrive. Leaving the loop early calls the stop function given to the constructor. */
export class DeltaStream<T> implements AsyncIterableIterator<T> {
  readonly #queue: T[] = [];
  readonly #stop: () => void;
  #end: { error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** Makes an empty stream; stop is called when the reader leaves before the end. */
  constructor(stop: () => void) {
    this.#stop = stop;
  }

  /** Adds a delta. */
  push(delta: T): void {
    this.#queue.push(delta);
    this.#wake?.();
  }

  /** Ends the stream after what is queued has been read; with an error, the reader's next step then throws it. */
  end(error?: unknown): void {
    this.#end = error === undefined ? {} : { error };
    this.#wake?.();
  }

  /** Resolves when there is something to read; rejects when the stream failed before its first delta. */
  async ready(): Promise<void> {
    while (this.#queue.length === 0) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Resolves with the next delta. */
  async next(): Promise<IteratorResult<T>> {
    await this.ready();
    const value = this.#queue.shift();
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  /** Stops the producer; JavaScript calls it when a loop over the stream is left. */
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
