// Which streams come first when several share the line: bytes that an answer waits for, then a download that a person
// waits for, then one in the background. All origins share the line.

/** How urgent a read is. */
export type Priority = "demand" | "foreground" | "background";

const RANKS: Record<Priority, number> = { demand: 0, foreground: 1, background: 2 };

/** Returns a priority as a number: 0 is the most urgent. */
export const rankOf = (priority: Priority) => RANKS[priority];

/** Counts the open streams by priority. */
export class Priorities {
  readonly #active = [0, 0, 0];
  readonly #listeners: (() => void)[] = [];

  /** Counts a stream that has been opened. */
  enter(rank: number): void {
    this.#active[rank]!++;
  }

  /** Counts a stream that has ended. */
  leave(rank: number): void {
    this.#active[rank]!--;
    if (this.#active[rank] === 0) for (const listener of this.#listeners) listener();
  }

  /** Reports whether a more urgent stream is open. */
  busyAbove(rank: number): boolean {
    return this.#active.slice(0, rank).some((count) => count > 0);
  }

  /** Calls a function whenever the last stream of a priority has ended. */
  onIdle(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
