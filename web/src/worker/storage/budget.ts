// Limits the weight bytes that JavaScript holds at once.

/** Counts held bytes. Requests that would exceed the limit wait. */
export class Budget {
  readonly #limit: number;
  readonly #queue: { bytes: number; admit: () => void }[] = [];
  #held = 0;
  #peak = 0;

  /** limit is in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes held now. */
  get held(): number {
    return this.#held;
  }

  /** The largest number of bytes that have been held at once. */
  get peak(): number {
    return this.#peak;
  }

  /** Reports whether {@link acquire} would admit bytes without waiting. */
  has(bytes: number): boolean {
    return this.#queue.length === 0 && this.#fits(bytes);
  }

  /** Whether a request waits. */
  get exhausted(): boolean {
    return this.#queue.length > 0;
  }

  /**
   * Waits until bytes more may be held. Requests are admitted in order; one larger than the limit is admitted alone.
   */
  async acquire(bytes: number): Promise<void> {
    if (this.has(bytes)) return this.#hold(bytes);
    await new Promise<void>((admit) => this.#queue.push({ bytes, admit }));
  }

  /** Counts bytes as no longer held and admits waiting requests. */
  release(bytes: number): void {
    this.#held -= bytes;
    for (let next = this.#queue[0]; next && this.#fits(next.bytes); next = this.#queue[0]) {
      this.#queue.shift();
      this.#hold(next.bytes);
      next.admit();
    }
  }

  #fits(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#limit;
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#peak = Math.max(this.#peak, this.#held);
  }
}
