// The levels of an answer's headings in the outline of the page.

import type { Token } from "marked";

/** A heading with its level on the page. */
export interface LevelledHeading {
  level?: number;
}

/** The level of a message on the page, below which its headings begin. */
const MESSAGE_LEVEL = 2;

/** Sets the level of a heading to one more than that of the heading it is under, whatever numbers the answer uses. */
export class HeadingLevels {
  readonly #depths: number[];

  constructor(depths: readonly number[] = []) {
    this.#depths = [...depths];
  }

  /** Returns a copy that continues where this one is. */
  copy(): HeadingLevels {
    return new HeadingLevels(this.#depths);
  }

  /** Sets the levels of the headings among blocks, which it returns. */
  apply<T extends { readonly token: Token | undefined }>(blocks: T[]): T[] {
    for (const { token } of blocks)
      if (token?.type === "heading") (token as LevelledHeading).level = this.#level(token.depth);
    return blocks;
  }

  #level(depth: number): number {
    while ((this.#depths.at(-1) ?? 0) >= depth) this.#depths.pop();
    this.#depths.push(depth);
    return Math.min(MESSAGE_LEVEL + this.#depths.length, 6);
  }
}
