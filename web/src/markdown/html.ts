// From Markdown to HTML, which is not safe yet: sanitise.ts makes it so.

import { Marked, type MarkedOptions, Parser, type RendererObject, type Token, type Tokens } from "marked";
import { escapeHTML } from "./escape.js";
import type { LevelledHeading } from "./heading-levels.js";
import { mathExtensions } from "./math.js";
import { plainTags } from "./raw-html.js";

const renderer: RendererObject = {
  heading(token) {
    const level = (token as LevelledHeading).level ?? 6; // one in a quotation or a list is not part of the outline
    return `<h${level}>${this.parser.parseInline(token.tokens)}</h${level}>\n`;
  },
  code({ text, lang }) {
    const language = /^[\w+#.-]{1,20}/.exec(lang ?? "")?.[0] ?? "";
    return `<pre><code data-language="${escapeHTML(language)}">${escapeHTML(text)}\n</code></pre>\n`;
  },
  table(token) {
    return `<div data-table><table>${tableRows(this.parser, token)}</table></div>\n`;
  },
  html: ({ text }) => plainTags(text),
  checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  // A picture would be loaded from its server, which a person has not agreed to: it is a link.
  image: ({ href, text }) => `<a href="${escapeHTML(href)}" data-image>${escapeHTML(text || "image")}</a>`,
};

function tableRows(parser: Parser, { header, rows }: Tokens.Table): string {
  const row = (cells: Tokens.TableCell[], tag: string) => `<tr>${cells.map((c) => cell(parser, c, tag)).join("")}</tr>`;
  return `<thead>${row(header, "th")}</thead><tbody>${rows.map((cells) => row(cells, "td")).join("")}</tbody>`;
}

function cell(parser: Parser, { tokens, align }: Tokens.TableCell, tag: string): string {
  return `<${tag}${align ? ` align="${align}"` : ""}>${parser.parseInline(tokens)}</${tag}>`;
}

/** How Markdown is read and written. */
export const options: MarkedOptions = new Marked({ gfm: true, renderer }, { extensions: mathExtensions }).defaults;

/** Returns HTML without line ends between its elements, where they would be visible, as those within text are. */
export function withoutLineEnds(html: string): string {
  return html.replace(/\n(?=<\/?(?:ul|ol|li|p|pre|blockquote|div|dl|dd|dt|h[1-6]|details|summary)\b|$)/g, "");
}

/** Returns a block as HTML. */
export function blockHTML(token: Token): string {
  return Parser.parse([token], options);
}
