// Blocks of code: their heading with the language and a button that copies, and their colours.

import { runInFrames } from "./frames.js";
import type { AnswerTexts } from "./texts.js";

const COPIED_TIME = 2000; // ms

/** Makes what scrolls below root reachable with the keyboard, and puts each block of code into a box with a heading. */
export function addBoxes(root: ParentNode, texts: AnswerTexts): void {
  for (const pre of root.querySelectorAll("pre")) {
    const language = pre.firstElementChild?.getAttribute("data-language") || texts.code;
    const box = element("div", "code");
    pre.replaceWith(box);
    pre.dir = "ltr";
    makeScroller(pre, language);
    box.append(codeHead(language, texts), pre);
  }
  for (const table of root.querySelectorAll<HTMLElement>("[data-table]")) makeScroller(table, texts.table);
}

function makeScroller(element: HTMLElement, label: string): void {
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
}

function codeHead(language: string, texts: AnswerTexts): HTMLElement {
  const head = element("div", "code-head");
  const button = element("button", "copy-code");
  button.setAttribute("type", "button");
  button.append(texts.copy);
  head.append(element("span", ""), button);
  head.firstElementChild!.append(language);
  return head;
}

function element(name: string, className: string): HTMLElement {
  const made = document.createElement(name);
  if (className) made.className = className;
  return made;
}

/** Listener for clicks on an element with blocks of code: copies the code whose button was clicked. */
export async function copyCode(event: Event, texts: AnswerTexts): Promise<void> {
  const button = (event.target as Element).closest(".copy-code");
  const code = button?.closest(".code")?.querySelector("code");
  if (!button || !code) return;
  await navigator.clipboard.writeText(code.textContent ?? "");
  button.textContent = texts.copied;
  setTimeout(() => (button.textContent = texts.copy), COPIED_TIME);
}

/** Colours the blocks of code below root, one step each, but none with selected text, which would lose it. */
export async function colourCode(root: ParentNode): Promise<void> {
  const blocks = [...root.querySelectorAll("code[data-language]")].filter((c) => c.getAttribute("data-language"));
  if (blocks.length === 0) return;
  const { highlight } = await import("./highlight.js");
  for (const code of blocks) runInFrames({ step: () => colour(code, highlight) });
}

function colour(code: Element, highlight: typeof import("./highlight.js").highlight): false {
  if (!code.isConnected || isSelected(code)) return false;
  const coloured = highlight(code.textContent ?? "", code.getAttribute("data-language")!.toLowerCase());
  if (coloured) code.replaceChildren(coloured);
  return false;
}

/** Reports whether a selection begins or ends in a node, also in a shadow tree. */
function isSelected(node: Node): boolean {
  const root = node.getRootNode() as Document & { getSelection?(): Selection | null };
  const selection = root.getSelection?.() ?? document.getSelection();
  if (!selection || selection.isCollapsed) return false;
  return node.contains(selection.anchorNode) || node.contains(selection.focusNode);
}
