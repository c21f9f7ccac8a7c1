// What the interface says within an answer.

/** The texts of the interface within an answer. */
export interface AnswerTexts {
  /** The heading of code whose language is not known. */
  code: string;
  table: string;
  copy: string;
  copied: string;
  /** The note below a line that is too long to be formatted. */
  longLine: string;
}
