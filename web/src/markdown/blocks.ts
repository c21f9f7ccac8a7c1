// The blocks of an answer in Markdown that is still growing: paragraphs, lists, tables, code blocks.

import { Lexer, type Links, type Token, walkTokens } from "marked";
import { HeadingLevels } from "./heading-levels.js";
import { options } from "./html.js";
import { unformattedLine } from "./lines.js";

/** Characters after which a block ends at the next end of a line, because the last block is formatted once a frame. */
export const BLOCK_MAX = 6144;

/** A block of an answer. The sources of all blocks make up the answer. */
export interface Block {
  /** Its text, with the blank lines after it. */
  readonly source: string;
  /** What Markdown says that it is; undefined for a line that is shown as it is. */
  readonly token: Token | undefined;
}

/** How many blocks at the end can still change: the last one, and the one that its first line may yet continue. */
const OPEN_BLOCKS = 2;

/** Divides a text into blocks while it grows. Text that belongs to finished blocks is not read again. */
export class Blocks {
  /** What references lead to, by the finished blocks and by those that can still change. */
  readonly #links: Links = Object.create(null);
  #openLinks: Links = Object.create(null);
  #levels = new HeadingLevels();
  #start = 0;
  /** The first lines of code or of a table that was divided, which belong to its next part, too. */
  #head = "";

  /** Whether a block defines the target of references such as [name]. */
  get defines(): boolean {
    return Object.keys(this.#links).length + Object.keys(this.#openLinks).length > 0;
  }

  /** Returns the blocks that text has beyond the finished ones: those finished now, and those that may still change. */
  update(text: string): { finished: Block[]; open: Block[] } {
    const finished: Block[] = [];
    for (;;) {
      const rest = text.slice(this.#start);
      const { done, open, divided } = this.#divide(rest);
      for (const block of done) this.#finish(block, divided && block === done.at(-1));
      finished.push(...done);
      if (done.some(({ source }) => source)) continue;
      this.#openLinks = Object.create(null);
      for (const block of open) define(block, this.#openLinks);
      return { finished, open };
    }
  }

  /** Reads a block again, with references to what was defined after it. */
  reread(block: Block): Block {
    const [{ token } = block] = lex(block.source, { ...this.#openLinks, ...this.#links });
    return block.token?.type === token?.type && block.token?.type !== "heading" ? { ...block, token } : block;
  }

  /** Returns the next blocks of rest; divided: the last finished one may continue after it. */
  #divide(rest: string): { done: Block[]; open: Block[]; divided: boolean } {
    const line = unformattedLine(rest, /^ *([`~]*)/.exec(this.#head)![1]!);
    if (line?.start === 0) return divideAtLine(rest, line.end);
    const blocks = this.#lex(line ? rest.slice(0, line.start) : rest);
    const large = blocks.findIndex((block) => cutOf(block) > 0);
    if (large > 0) return { done: blocks.slice(0, large), open: [], divided: false };
    if (large === 0) return { done: this.#lex(rest.slice(0, cutOf(blocks[0]))), open: [], divided: true };
    if (line) return { done: blocks, open: [], divided: true };
    const open = this.#levels.copy().apply(blocks.slice(-OPEN_BLOCKS));
    return { done: blocks.slice(0, -OPEN_BLOCKS), open, divided: false };
  }

  #finish(block: Block, divided: boolean): void {
    this.#start += block.source.length;
    this.#levels.apply([block]);
    if (block.token) this.#head = divided ? headOf(block.token, this.#head + block.source) : "";
    define(block, this.#links);
  }

  #lex(source: string): Block[] {
    const blocks = lex(this.#head + source, this.#links);
    return this.#head ? withoutHead(blocks, this.#head) : blocks;
  }
}

/** Returns the blocks of a source; all of it as it is if it is nested too deeply. */
function lex(source: string, links: Links): Block[] {
  const lexer = new Lexer(options);
  Object.assign(lexer.tokens.links, links);
  try {
    return toBlocks(source, lexer.lex(source));
  } catch {
    return [{ source, token: undefined }];
  }
}

/** Adds to links what a block defines. */
function define({ token }: Block, links: Links): void {
  if (!token) return;
  walkTokens([token], (t) => {
    if (t.type === "def") links[t.tag] ??= { href: t.href, title: t.title };
  });
}

/**
 * Returns the blocks of a source; space belongs to the block before it, at the start to the first one. Tokens have the
 * lengths of their sources, but not always the same characters.
 */
function toBlocks(source: string, tokens: readonly Token[]): Block[] {
  const blocks: { start: number; token: Token }[] = [];
  let end = 0;
  for (const token of tokens) {
    if (token.type !== "space") blocks.push({ start: blocks.length ? end : 0, token });
    end += token.raw.length;
  }
  return blocks.map(({ start, token }, i) => ({ source: source.slice(start, blocks[i + 1]?.start), token }));
}

/** Removes the repeated head of a block. What is left may be only the block's end, which shows nothing. */
function withoutHead(blocks: Block[], head: string): Block[] {
  const [first, ...others] = blocks;
  if (!first) return blocks;
  const { token } = first;
  const empty = (token?.type === "code" && !token.text) || (token?.type === "table" && token.rows.length === 0);
  const source = first.source.slice(head.length);
  return [{ source, token: empty ? { type: "space", raw: source } : token }, ...others];
}

/** Returns the lines at the start of a divided block that its next part needs; an empty string for most blocks. */
function headOf(token: Token, source: string): string {
  if (token.type === "table") return /^[^\n]*\n[^\n]*\n/.exec(source)?.[0] ?? "";
  return token.type === "code" ? openFence(source) : "";
}

/** Returns the first line of the code block that source is, if it has no end; otherwise an empty string. */
function openFence(source: string): string {
  const [line, fence] = /^ {0,3}(`{3,}|~{3,})[^\n]*\n/.exec(source) ?? [];
  if (!line || !fence) return "";
  const closed = new RegExp(`\\n {0,3}${fence[0]}{${fence.length},}[ \\t]*\\s*$`).test(source.slice(line.length - 1));
  return closed ? "" : line;
}

/** Returns where a block that is too long ends: after a line, and before another one. 0 if it is short enough. */
function cutOf(block: Block | undefined): number {
  if (!block || block.source.length <= BLOCK_MAX) return 0;
  const cut = block.source.indexOf("\n", BLOCK_MAX) + 1;
  return cut && block.source.indexOf("\n", cut) > 0 ? cut : 0;
}

function divideAtLine(text: string, end: number): { done: Block[]; open: Block[]; divided: boolean } {
  const line = { source: end ? text.slice(0, end) : text, token: undefined };
  return end ? { done: [line], open: [], divided: false } : { done: [], open: [line], divided: false };
}
