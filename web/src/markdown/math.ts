// Mathematics in answers: $…$, $$…$$, \(…\) and \[…\].

import type { TokenizerAndRendererExtension, Tokens } from "marked";
import { escapeHTML } from "./escape.js";

// A formula has no blank line, as in TeX, so that text between two distant signs stays text.
const inlineRules: [rule: RegExp, display: boolean][] = [
  [/^\$\$((?:\\[^\n]|[^\\$]|\n(?![ \t]*\n))+?)\$\$/, true],
  [/^\$(?![\s$])((?:\\[^\n]|[^\\\n$])*?[^\s\\$]|(?:\\[^\n])+)\$(?!\d)/, false],
  [/^\\\(((?:[^\n]|\n(?![ \t]*\n))+?)\\\)/, false],
  [/^\\\[((?:[^\n]|\n(?![ \t]*\n))+?)\\\]/, true],
];
const blockRule =
  /^ {0,3}(?:\$\$((?:\\[^\n]|[^\\$\n]|\n(?![ \t]*\n))+?)\$\$|\\\[((?:[^\n]|\n(?![ \t]*\n))+?)\\\])[ \t]*(?:\n+|$)/;

/** Extensions of marked that read formulas. Their HTML is a placeholder with the source, which has `data-tex`. */
export const mathExtensions: TokenizerAndRendererExtension[] = [
  {
    name: "mathBlock",
    level: "block",
    start: (src) => /\n {0,3}(?:\$\$|\\\[)/.exec(src)?.index,
    tokenizer(raw) {
      const match = blockRule.exec(raw);
      return match ? formula("mathBlock", match[0], match[1] ?? match[2] ?? "", true) : undefined;
    },
    renderer: (token) => `<p>${placeholder(token)}</p>\n`,
  },
  {
    name: "math",
    level: "inline",
    start: (src) => /\$|\\[([]/.exec(src)?.index,
    tokenizer(src) {
      for (const [rule, display] of inlineRules) {
        const match = rule.exec(src);
        if (match) return formula("math", match[0], match[1] ?? "", display);
      }
      return undefined;
    },
    renderer: placeholder,
  },
];

function formula(type: string, raw: string, tex: string, display: boolean): Tokens.Generic {
  return { type, raw, tex: tex.trim(), display };
}

function placeholder({ raw, tex, display }: Tokens.Generic): string {
  return `<span data-tex="${escapeHTML(tex)}"${display ? " data-display" : ""}>${escapeHTML(raw.trim())}</span>`;
}
