// Reads golden files. testdata/golden/golden.py describes the format.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

/** Returns the bytes of a file of the repository. */
export const file = (path) => readFileSync(fileURLToPath(new URL(path, root)));

/** Returns the notes and the integer arrays of a golden file. */
export function readGolden(path) {
  const bytes = file(path);
  const head = bytes.subarray(0, bytes.indexOf("\n\n"));
  const notes = {},
    ints = {};
  let at = head.length + 2;
  for (const line of head.toString().split("\n").slice(1)) {
    const [kind, name, ...rest] = line.split(" ");
    if (kind === "note") {
      notes[name] = rest.join(" ");
      continue;
    }
    const length = rest.reduce((n, dim) => n * Number(dim), 1);
    if (kind === "i32") ints[name] = Array.from({ length }, (_, i) => bytes.readInt32LE(at + 4 * i));
    at += 4 * length;
  }
  return { notes, ints };
}
