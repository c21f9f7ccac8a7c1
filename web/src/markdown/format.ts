// An answer as formatted text. Loaded after the first paint, with everything that it imports.

import { type Block, Blocks } from "./blocks.js";
import { addBoxes, colourCode, copyCode } from "./code.js";
import { showFormulas } from "./formula.js";
import { runInFrames, type Stepwise } from "./frames.js";
import { blockHTML, withoutLineEnds } from "./html.js";
import { patchChildren } from "./patch.js";
import { appendText } from "./plain.js";
import { sanitise } from "./sanitise.js";
import type { AnswerTexts } from "./texts.js";

/** Characters that are formatted in one step. */
const STEP = 1024;

/** How many blocks a section of the page has, so that a browser need not lay out all of a long answer anew. */
const SECTION = 40;

/** Where a block is on the page. */
interface Place {
  readonly element: HTMLElement;
  /** The blank lines after it, which a copy of the text has, too. */
  readonly space: Text;
  source: string;
}

/** A block that may refer to another. */
interface Reference {
  readonly block: Block;
  readonly place: Place;
}

/**
 * Shows an answer in an element while it grows. The nodes of finished blocks stay as they are, so that a selection and
 * the focus in them stay too.
 */
export class FormattedText implements Stepwise {
  readonly #element: HTMLElement;
  readonly #texts: AnswerTexts;
  #blocks = new Blocks();
  #text = "";
  /** How much of the text is on the page. */
  #shown = 0;
  #complete = false;
  /** The blocks that can still change. */
  #open: Place[] = [];
  /** Finished blocks that may refer to what is defined later. */
  #referring: Reference[] = [];
  /** Those of them that are still to be read again, once the text is complete. */
  #unsettled: Reference[] = [];

  /** The element becomes empty. */
  constructor(element: HTMLElement, texts: AnswerTexts) {
    this.#element = element;
    this.#texts = texts;
    element.replaceChildren();
    element.addEventListener("click", (event) => void copyCode(event, texts));
  }

  /** Shows a text; complete: it does not grow any more. */
  show(source: string, complete: boolean): void {
    const text = source.includes("\r") ? source.replace(/\r\n?/g, "\n") : source;
    if (!text.startsWith(this.#text)) this.#reset();
    if (text === this.#text && complete === this.#complete) return;
    this.#text = text;
    this.#complete = complete;
    this.#unsettled = [];
    runInFrames(this);
  }

  step(): boolean {
    const reference = this.#unsettled.pop();
    if (reference) this.#settle(reference);
    else this.#grow();
    return this.#shown < this.#text.length || this.#unsettled.length > 0;
  }

  #reset(): void {
    this.#element.replaceChildren();
    this.#blocks = new Blocks();
    this.#shown = 0;
    this.#open = [];
    this.#referring = [];
  }

  #grow(): void {
    this.#shown = Math.min(this.#text.length, this.#shown + STEP);
    const { finished, open } = this.#blocks.update(this.#text.slice(0, this.#shown));
    const places = this.#open;
    for (const block of finished) this.#finish(block, this.#place(places.shift(), block));
    this.#open = open.map((block) => this.#place(places.shift(), block));
    for (const { element, space } of places) for (const node of [element, space]) node.remove();
    if (this.#complete && this.#shown === this.#text.length) this.#end();
  }

  /** Shows a block in a place, by default a new one at the end. */
  #place(place: Place = this.#addPlace(), block: Block): Place {
    if (place.source === block.source) return place;
    if (block.token) patchChildren(place.element, this.#render(block));
    else this.#showLine(place, block.source);
    place.space.data = /\n\s*$/.exec(block.source)?.[0] ?? "";
    place.source = block.source;
    return place;
  }

  #addPlace(): Place {
    const place = { element: document.createElement("div"), space: document.createTextNode(""), source: "" };
    place.element.className = "block";
    place.element.dir = "auto";
    this.#section().append(place.element, place.space);
    return place;
  }

  /** Returns the section that the next block belongs to. */
  #section(): Element {
    const last = this.#element.lastElementChild;
    if (last && last.childElementCount < SECTION) return last;
    const section = document.createElement("div");
    section.className = "section";
    this.#element.append(section);
    return section;
  }

  #render(block: Block): DocumentFragment {
    const fragment = safeFragment(block);
    addBoxes(fragment, this.#texts);
    showFormulas(fragment);
    return fragment;
  }

  /** Shows a line as it is, with a note that says so. */
  #showLine({ element, source }: Place, line: string): void {
    const [old] = element.querySelectorAll(":scope > .verbatim");
    const plain = old ?? document.createElement("div");
    if (!old) {
      const note = document.createElement("p");
      plain.className = "verbatim";
      note.className = "quiet";
      note.append(this.#texts.longLine);
      element.replaceChildren(plain, note);
    }
    appendText(plain, line.slice(old ? source.length : 0));
  }

  #finish(block: Block, place: Place): void {
    if (block.token && block.source.includes("[")) this.#referring.push({ block, place });
    void colourCode(place.element);
  }

  /** Colours the code of the last blocks of a complete text, and lists the blocks that are to be read again. */
  #end(): void {
    for (const { element } of this.#open) void colourCode(element);
    if (this.#blocks.defines) this.#unsettled = [...this.#referring];
  }

  /** Shows the references of a block, some of which lead to what was defined after it. */
  #settle({ block, place }: Reference): void {
    const again = this.#blocks.reread(block);
    if (blockHTML(again.token!) !== blockHTML(block.token!)) patchChildren(place.element, this.#render(again));
  }
}

/** Returns a block formatted; its source if it is nested too deeply, or if the page forbids DOMPurify. */
function safeFragment({ token, source }: Block): DocumentFragment {
  try {
    return sanitise(withoutLineEnds(blockHTML(token!)));
  } catch {
    const fragment = document.createDocumentFragment();
    appendText(fragment, source);
    return fragment;
  }
}
