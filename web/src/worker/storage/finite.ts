// Whether the numbers in a chunk can be those of a model, for files without published hashes.

import type { Floats } from "./methods.js";

/** Reports whether all numbers are finite. */
export function areFinite(chunk: ArrayBuffer, numbers: Floats[]): boolean {
  const bytes = new Uint8Array(chunk);
  return numbers.every(({ start, step, count, mask }) => {
    for (let at = start, end = start + count * step; at < end; at += step) {
      if (((bytes[at]! | (bytes[at + 1]! << 8)) & mask) === mask) return false;
    }
    return true;
  });
}
