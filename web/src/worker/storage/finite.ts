// Tells bytes that cannot be weights from those that can: a scale of a model is a finite number.

import type { Floats } from "./methods.js";

/** Reports whether all the numbers in a chunk are finite. It reads their exponents alone. */
export function allFinite(chunk: ArrayBuffer, numbers: readonly Floats[]): boolean {
  const view = new DataView(chunk);
  return numbers.every(({ start, step, count, mask }) => {
    for (let i = 0; i < count; i++) {
      if ((view.getUint16(start + i * step, true) & mask) === mask) return false;
    }
    return true;
  });
}
