// Whether an answer has begun to repeat itself without end, as small models do that always take the likeliest token.

/** Lengths of the end of a text that are looked at. A person may ask for a text that repeats for less than that. */
const LENGTHS = [1000, 3000];

/** How often the same text must follow itself. */
const TIMES = 5;

/** Reports whether the end of a text is the same piece of text, of any length, again and again. */
export function repeatsItself(text: string): boolean {
  return LENGTHS.some((length) => text.length >= length && period(text.slice(-length)) * TIMES <= length);
}

/** Returns the length of the shortest piece of which a text is a repetition, the last one perhaps cut. */
function period(text: string): number {
  const borders = [0]; // of each beginning of the text, the length of the longest end that is also its beginning
  for (let i = 1, border = 0; i < text.length; i++) {
    while (border > 0 && text[i] !== text[border]) border = borders[border - 1]!;
    if (text[i] === text[border]) border++;
    borders.push(border);
  }
  return text.length - borders.at(-1)!;
}
