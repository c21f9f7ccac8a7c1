// Lines that are shown as they are, because reading them as Markdown takes too long.

/** Characters of the longest line that is formatted. */
export const LINE_MAX = 4096;

/** How much of each DENSE characters of a line may be signs of Markdown. */
const SIGNS_MAX = 0.2;
const DENSE = 512;

/** Characters of the longest word. */
const WORD_MAX = 500;

/** How deep quotations and lists may be nested in one line. */
const NESTED = /^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])){12}/;

/**
 * Returns the first line that is not formatted; its end is 0 while it may still grow. fence is that of the code in
 * which the text begins, empty if it does not.
 */
export function unformattedLine(text: string, fence: string): { start: number; end: number } | undefined {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start) + 1;
    const length = (end || text.length) - start;
    const line = text.slice(start, start + Math.min(length, LINE_MAX));
    if (length > LINE_MAX || (!fence && isSlow(line))) return { start, end };
    fence = fenceAfter(line, fence);
    if (end === 0) break;
    start = end;
  }
  return undefined;
}

/** Returns the fence of the code in which a line ends. */
function fenceAfter(line: string, fence: string): string {
  const [, found = "", after = ""] = /^[\s>]*(`{3,}|~{3,})(.*)/.exec(line) ?? [];
  if (!fence) return found.startsWith("`") && after.includes("`") ? "" : found;
  return found.startsWith(fence) && !after.trim() ? "" : fence;
}

/** Reports whether a line would take time that grows with the square of its length. */
function isSlow(line: string): boolean {
  if (NESTED.test(line)) return !/^[ \t]*(?:(?:- ?)+|(?:\* ?)+)\s*$/.test(line); // many dashes are one separator
  for (let at = DENSE; at <= line.length; at += DENSE) if (isDense(line.slice(at - DENSE, at))) return true;
  return line.length > WORD_MAX && new RegExp(`\\S{${WORD_MAX}}`).test(line);
}

function isDense(part: string): boolean {
  return (part.match(/[*_`~[\]<>$\\|]/g)?.length ?? 0) > SIGNS_MAX * DENSE;
}
