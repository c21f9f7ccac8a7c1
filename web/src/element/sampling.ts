// How the tokens of an element's answers are drawn.

import type { Sampling } from "../protocol.js";
import type { CatalogueModel } from "./catalogue.js";

/** What Meta recommends for Llama 3 and 4, whose files seldom say so. Always taking the likeliest token would loop. */
const usual: Sampling = { temperature: 0.6, topP: 0.9 };

/** The part of a request that says how tokens are drawn and when an answer ends. */
export interface AnswerSampling {
  temperature: number;
  top_p: number;
  max_tokens: number;
  stop_repetition: boolean;
}

/**
 * Returns how an answer is sampled: exactly at a temperature that is set; otherwise as the catalogue says, the file, or
 * the family, and then it ends when it repeats itself. It has at most maxTokens tokens.
 */
export function answerSampling(
  temperature: number | null,
  maxTokens: number,
  entry: CatalogueModel | undefined,
  recommended: Sampling | null | undefined,
): AnswerSampling {
  const exact = temperature === null ? undefined : { temperature, topP: 1 };
  const { temperature: t, topP } = exact ?? entry?.sampling ?? recommended ?? usual;
  return { temperature: t, top_p: topP, max_tokens: maxTokens, stop_repetition: !exact };
}
