// What keys mean.

/**
 * Reports whether a key belongs to an input method that composes text, which uses Enter and Escape itself. Safari ends
 * the composition before it sends the key that confirmed it, with the code 229 of keys that were processed.
 */
export function isComposing({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}

/**
 * Reports whether people touch the screen: then Enter begins a new line, because keyboards on a screen have no Shift
 * with Enter, and a button sends.
 */
export function touches(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
