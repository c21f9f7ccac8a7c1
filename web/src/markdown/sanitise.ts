// What of an answer's HTML reaches the page: text and its structure. Nothing in it runs, loads, submits, has a name or
// looks like a part of the interface.

import DOMPurify from "dompurify";

const tags = `
  a abbr b blockquote br code dd del details div dl dt em h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp small span
  strong sub summary sup table tbody td tfoot th thead tr u ul var wbr #text`;

const attributes =
  "align colspan data-display data-image data-language data-table data-tex dir href lang reversed rowspan start";

const config = {
  ALLOWED_TAGS: tags.trim().split(/\s+/),
  ALLOWED_ATTR: attributes.split(" "),
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ADD_URI_SAFE_ATTR: attributes.split(" ").filter((name) => name !== "href"),
  RETURN_DOM_FRAGMENT: true as const,
};

const purify = DOMPurify(window);
purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.localName === "a") secureLink(node as HTMLAnchorElement);
});

/** A link says where it leads, and opens a page that knows nothing of this one. Without an address it is text. */
function secureLink(link: HTMLAnchorElement): void {
  if (!link.hasAttribute("href")) return;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.title = link.href;
}

/** Returns the safe part of HTML. */
export function sanitise(html: string): DocumentFragment {
  return purify.sanitize(html, config);
}
