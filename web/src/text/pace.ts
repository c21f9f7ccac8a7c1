// How fast a model answers, in words instead of tokens.

/** A number of words in a unit of time. */
export interface Pace {
  words: number;
  unit: "second" | "minute" | "hour";
}

/** A token of English text is about three quarters of a word. */
const WORDS_PER_TOKEN = 0.75;

/** Returns the pace of an answer with the smallest unit that has at least about one word. */
export function paceOf(tokensPerSecond: number): Pace {
  const words = tokensPerSecond * WORDS_PER_TOKEN;
  if (words >= 0.75) return { words: Math.round(words), unit: "second" };
  if (words * 60 >= 0.75) return { words: Math.round(words * 60), unit: "minute" };
  return { words: Math.max(1, Math.round(words * 3600)), unit: "hour" };
}
