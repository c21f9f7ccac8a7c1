// HTML that an answer has beside its Markdown.

import { escapeHTML } from "./escape.js";

/** The elements that answers may use. Others are shown as they are written. */
const elements = new Set(
  `abbr b blockquote br code dd del details div dl dt em hr i ins kbd li mark ol p pre q s samp small span strong sub
  summary sup table tbody td tfoot th thead tr u ul var wbr`.split(/\s+/),
);

const parts = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-z][a-z0-9]*)(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*|\/)?>|[<>&"']/gi;

/**
 * Returns HTML with the tags of permitted elements, without their attributes, and with everything else as text. Nothing
 * in it could do anything before DOMPurify sees it.
 */
export function plainTags(html: string): string {
  return html.replace(parts, (part, slash: string | undefined, name: string | undefined) => {
    if (part.startsWith("<!--")) return "";
    if (part === "&") return part; // an entity
    return name && elements.has(name.toLowerCase()) ? `<${slash}${name.toLowerCase()}>` : escapeHTML(part);
  });
}
