// Changes nodes of the page into others with as few changes as possible, so that a selection and the focus stay.

/** Makes the children of parent equal to those of wanted, whose nodes it may take. */
export function patchChildren(parent: Node, wanted: Node): void {
  let old = parent.firstChild;
  for (const node of [...wanted.childNodes]) {
    if (!old) parent.appendChild(node);
    else if (!patchNode(old, node)) {
      parent.replaceChild(node, old);
      old = node;
    }
    old = old?.nextSibling ?? null;
  }
  while (old) {
    const next: ChildNode | null = old.nextSibling;
    old.remove();
    old = next;
  }
}

/** Makes one node equal to another of its kind; returns false if they are of different kinds. */
function patchNode(old: Node, wanted: Node): boolean {
  if (old.nodeName !== wanted.nodeName) return false;
  if (old instanceof CharacterData) setData(old, (wanted as CharacterData).data);
  if (!(old instanceof Element)) return true;
  if (!sameAttributes(old, wanted as Element)) return false;
  patchChildren(old, wanted);
  return true;
}

/** Changes a text from the first different character on: what is selected before it stays selected. */
function setData(node: CharacterData, data: string): void {
  if (node.data === data) return;
  let same = 0;
  while (same < data.length && node.data[same] === data[same]) same++;
  node.replaceData(same, node.data.length - same, data.slice(same));
}

function sameAttributes(a: Element, b: Element): boolean {
  return (
    a.attributes.length === b.attributes.length && [...a.attributes].every((x) => b.getAttribute(x.name) === x.value)
  );
}
