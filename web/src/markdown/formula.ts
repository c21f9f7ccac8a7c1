// Formulas as MathML, which browsers lay out themselves. KaTeX is loaded with the first one.

/** Formulas are made once, because the last block of an answer is formatted again and again. */
const made = new Map<string, Element>();
const MADE_MAX = 500;

let katex: typeof import("katex").default | undefined;
let loading: Promise<void> | undefined;

/** Shows the formulas below root, at once if KaTeX is loaded; what it does not understand stays as it is written. */
export function showFormulas(root: ParentNode): void {
  const places = [...root.querySelectorAll("[data-tex]")];
  if (places.length === 0) return;
  if (katex) for (const place of places) showFormula(place);
  else void load().then(() => places.forEach(showFormula));
}

function load(): Promise<void> {
  loading ??= import("katex").then((module) => {
    katex = module.default;
  });
  return loading;
}

function showFormula(place: Element): void {
  const display = place.hasAttribute("data-display");
  const math = formula(place.getAttribute("data-tex") ?? "", display);
  if (math) place.replaceChildren(math.cloneNode(true));
}

/** Returns a formula as an element; undefined if it is not one. */
function formula(tex: string, display: boolean): Element | undefined {
  const key = `${display}${tex}`;
  const known = made.get(key) ?? render(tex, display);
  if (made.size >= MADE_MAX) made.clear();
  if (known) made.set(key, known);
  return known;
}

function render(tex: string, displayMode: boolean): Element | undefined {
  const place = document.createElement("span");
  try {
    katex!.render(tex, place, { displayMode, output: "mathml", strict: "ignore", maxSize: 20, maxExpand: 100 });
  } catch {
    return undefined;
  }
  return place.querySelector("math") ?? undefined;
}
