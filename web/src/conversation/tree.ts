// The tree of a conversation's messages. A message names the one before it, so that an edited question or a repeated
// answer is a branch beside the first. The functions accept the messages of one conversation in any order.

/** What the tree knows of a message. */
export interface Node {
  readonly id: string;
  /** The message before it; null for a first one. */
  readonly parent: string | null;
  /** Branches are in the order of this number. */
  readonly created: number;
}

/** Returns the messages from the first one to leaf; none if leaf is not there. */
export function pathTo<T extends Node>(nodes: Iterable<T>, leaf: string | null): T[] {
  const rest = new Map<string | null, T>();
  for (const node of nodes) rest.set(node.id, node);
  const path: T[] = [];
  for (let node = rest.get(leaf); node; node = rest.get(node.parent)) {
    path.push(node);
    rest.delete(node.id); // a damaged tree with a cycle ends here
  }
  return path.reverse();
}

/** Returns the branches of each message: those with the same parent, the oldest first. Keys are the parents. */
export function branches<T extends Node>(nodes: Iterable<T>): Map<string | null, T[]> {
  const children = new Map<string | null, T[]>();
  for (const node of nodes) {
    const list = children.get(node.parent);
    if (list) list.push(node);
    else children.set(node.parent, [node]);
  }
  for (const list of children.values()) list.sort(byAge);
  return children;
}

/** Returns the end of the conversation after id, with the newest branch everywhere; id null: of the whole tree. */
export function newestLeaf<T extends Node>(nodes: Iterable<T>, id: string | null): string | null {
  const children = branches(nodes);
  for (let list = children.get(id); list; list = children.get(id)) {
    children.delete(id);
    id = list.at(-1)!.id;
  }
  return id;
}

/** Returns the id and those of all messages after it. */
export function subtree<T extends Node>(nodes: Iterable<T>, id: string): Set<string> {
  const children = branches(nodes);
  const found = new Set([id]);
  for (const parent of found) for (const child of children.get(parent) ?? []) found.add(child.id);
  return found;
}

/** Returns the end that is shown once id and all after it are gone: a neighbour's branch, or what was before it. */
export function leafWithout<T extends Node>(nodes: readonly T[], id: string): string | null {
  const gone = nodes.find((node) => node.id === id);
  if (!gone) return newestLeaf(nodes, null);
  const siblings = branches(nodes).get(gone.parent)!;
  const at = siblings.findIndex((node) => node.id === id);
  const neighbour = siblings[at + 1] ?? siblings[at - 1];
  return neighbour ? newestLeaf(nodes, neighbour.id) : gone.parent;
}

function byAge(a: Node, b: Node): number {
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}
