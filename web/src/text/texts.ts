// Which table of texts an element uses, and how it is loaded. English is part of the page; others are loaded when used.

import { en, type Texts } from "./en.js";

export type { Texts };

const tables = {
  en: async () => en,
  fr: async () => (await import("./fr.js")).fr,
};

/** A language that has a table. */
export type Language = keyof typeof tables;

/** Returns the first language of a list of tags, such as "fr-CA", that has a table; English if none has. */
export function chooseLanguage(tags: readonly string[]): Language {
  const languages = tags.map((tag) => tag.toLowerCase().split("-")[0]!);
  return (languages.find((language) => Object.hasOwn(tables, language)) ?? "en") as Language;
}

/** Returns the table of a language. */
export function loadTexts(language: Language): Promise<Texts> {
  return tables[language]();
}
