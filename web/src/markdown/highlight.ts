// Colours of code, for the languages that answers are most often written in.

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const languages = {
  bash,
  c,
  cpp,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  markdown,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

/** A node of the tree that highlight.js makes before it writes HTML. */
type TreeNode = string | { scope?: string; children: TreeNode[] };

/** Returns code with its parts in spans, whose classes are `hl-` and the kind of part; undefined if it is unknown. */
export function highlight(code: string, language: string): DocumentFragment | undefined {
  if (!hljs.getLanguage(language)) return undefined;
  const { _emitter } = hljs.highlight(code, { language, ignoreIllegals: true });
  const fragment = document.createDocumentFragment();
  fragment.append(...(_emitter as unknown as { rootNode: { children: TreeNode[] } }).rootNode.children.map(toNode));
  return fragment;
}

function toNode(node: TreeNode): Node {
  if (typeof node === "string") return document.createTextNode(node);
  const span = document.createElement("span");
  span.className = `hl-${node.scope?.split(".")[0] ?? "text"}`;
  span.append(...node.children.map(toNode));
  return span;
}
