// Counts the weight bytes that JavaScript holds and makes those who want more wait.

export class Budget {
  readonly #limit: number;
  readonly #waiting: { bytes: number; admit: () => void }[] = [];
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

  /** The most bytes ever held at once. */
  get peak(): number {
    return this.#peak;
  }

  /** Whether bytes more could be had without waiting. */
  has(bytes: number): boolean {
    return this.#waiting.length === 0 && this.#fits(bytes);
  }

  /** Whether somebody waits. */
  get short(): boolean {
    return this.#waiting.length > 0;
  }

  /** Waits, in order of asking, until bytes more fit. What is larger than the whole limit is admitted alone. */
  async acquire(bytes: number): Promise<void> {
    if (this.has(bytes)) return this.#hold(bytes);
    await new Promise<void>((admit) => this.#waiting.push({ bytes, admit }));
  }

  release(bytes: number): void {
    this.#held -= bytes;
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
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
