// Which conversations an answer is being written in, by any tab. The browser ends a lock with its tab.

const name = (id: string): string => `outrider-answer-${id}`;

/** The lock of the answer that this page writes. */
export class AnswerLock {
  #id: string | undefined;
  #release = (): void => {};

  /** Holds the lock of a conversation, in place of another; undefined: of none. */
  hold(id: string | undefined): void {
    if (id === this.#id) return;
    this.#id = id;
    this.#release();
    this.#release = () => {};
    if (id === undefined) return;
    const held = new Promise<void>((resolve) => (this.#release = resolve));
    void globalThis.navigator?.locks?.request(name(id), { mode: "shared" }, () => held).catch(() => {});
  }

  /** Reports whether another page writes an answer in a conversation. */
  async heldElsewhere(id: string): Promise<boolean> {
    if (id === this.#id) return false;
    const locks = await globalThis.navigator?.locks?.query().catch(() => undefined);
    return locks?.held?.some((lock) => lock.name === name(id)) ?? false;
  }
}
