// Which files this tab uses. A file that another tab deletes stays until no tab uses it.

import { acquireLock, withFreeLock } from "./locks.js";

const lockName = (id: string) => `outrider-use ${id}`;

/** The files in use, each with a shared lock that the browser releases when the tab is closed. */
export class FileUses {
  readonly #held = new Map<string, Promise<() => Promise<void>>>();

  /** Begins to use a file; returns false if it is in use already. */
  async begin(id: string): Promise<boolean> {
    const held = this.#held.get(id);
    if (held) {
      await held;
      return false;
    }
    const acquiring = acquireLock(lockName(id), "shared");
    this.#held.set(id, acquiring);
    acquiring.catch(() => this.#held.delete(id));
    await acquiring;
    return true;
  }

  /** Ends the use of a file. */
  async end(id: string): Promise<void> {
    const held = this.#held.get(id);
    this.#held.delete(id);
    await (await held)?.();
  }

  /** Reports whether this tab uses a file. */
  has(id: string): boolean {
    return this.#held.has(id);
  }

  /** Calls body unless a tab uses the file; returns whether it did. */
  ifUnused(id: string, body: () => Promise<void>): Promise<boolean> {
    return withFreeLock(lockName(id), body);
  }
}
