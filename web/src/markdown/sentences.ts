// The sentences of a text that grows, for people who listen to it.

/** Characters after which a sentence without an end counts as one. */
const SENTENCE_MAX = 500;

/** Divides a growing text into sentences. */
export class Sentences {
  #segmenter: Intl.Segmenter | undefined; // made with its first use, as it takes milliseconds
  #start = 0;

  /** Returns the sentences that have become complete; complete: the text does not grow any more. */
  next(text: string, complete: boolean): string[] {
    this.#segmenter ??= new Intl.Segmenter(undefined, { granularity: "sentence" });
    const rest = text.slice(this.#start, this.#start + 8 * SENTENCE_MAX);
    const found = [...this.#segmenter.segment(rest)].map(({ segment }) => segment);
    const last = found.at(-1) ?? "";
    const whole = this.#start + rest.length === text.length;
    if (!(complete && whole) && last.length < SENTENCE_MAX && !last.endsWith("\n")) found.pop();
    this.#start += found.join("").length;
    return found.map(spoken).filter(Boolean);
  }
}

/** Returns a sentence without the signs of Markdown. */
function spoken(sentence: string): string {
  return sentence
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^[ \t]*(?:>|#{1,6}|[-*+]|```.*|~~~.*|\|?[-:| ]{3,}\|?$)[ \t]*/gm, "")
    .replace(/[*`~]+|(?<!\w)_+|_+(?!\w)/g, "")
    .replace(/\|/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
