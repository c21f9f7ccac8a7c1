// What people may ask Nano. It understands English only, so that its questions are not translated.

/** Questions that Nano answers well. */
export const nanoQuestions: readonly string[] = [
  "Write me a little story about a robot.",
  "Can I see our conversation tomorrow?",
  "Where do I get another model?",
  "Which number is larger, 9 or 5?",
];
