// Sizes, times and speeds as people of a language read them.

/** The words of a language for sizes, times and speeds. */
export interface FormatWords {
  /** A language tag, for Intl. */
  locale: string;
  /** The decimal mark. */
  decimal: string;
  /** Byte, kilobyte and so on to terabyte. */
  units: readonly string[];
  justNow: string;
  tokensPerSecond: string;
}

/** The forms of a word after a number; `other` is for all numbers whose form is absent. */
export type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Sizes, times and speeds in one language. */
export class Format {
  readonly #words: FormatWords;
  #plurals: Intl.PluralRules | undefined; // made with its first use, as it takes milliseconds

  constructor(words: FormatWords) {
    this.#words = words;
  }

  /** Returns a size in decimal units with three digits: "98.4 MB". */
  bytes(n: number): string {
    const { units } = this.#words;
    const unit = Math.min(Math.max(Math.floor(Math.log10(Math.max(n, 1)) / 3), 0), units.length - 1);
    const value = n / 1000 ** unit;
    const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
    return `${this.number(value, digits)} ${units[unit]}`;
  }

  /** Returns a duration, rounded to seconds below a minute and to minutes above: "8 s", "3 min", "1 h 20 min". */
  duration(seconds: number): string {
    if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return `${minutes} min`;
    const rest = minutes % 60;
    return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ""}`;
  }

  /** Returns how long ago a time was; both are in milliseconds since 1970: "3 days ago", "just now". */
  timeAgo(time: number, now: number): string {
    const minutes = Math.floor((now - time) / 60_000);
    if (minutes < 1) return this.#words.justNow;
    const format = new Intl.RelativeTimeFormat(this.#words.locale);
    if (minutes < 60) return format.format(-minutes, "minute");
    if (minutes < 24 * 60) return format.format(-Math.floor(minutes / 60), "hour");
    return format.format(-Math.floor(minutes / (24 * 60)), "day");
  }

  /** Returns the speed of an answer: "0.8 tokens/s", "42 tokens/s". */
  tokensPerSecond(rate: number): string {
    return `${this.number(rate, rate < 10 ? 1 : 0)} ${this.#words.tokensPerSecond}`;
  }

  /** Returns a number with so many decimals. It is called with every progress, for which Intl is too slow. */
  number(value: number, digits = 0): string {
    return value.toFixed(digits).replace(".", this.#words.decimal);
  }

  /** Returns the form of a word that follows a number in this language. */
  plural(n: number, forms: PluralForms): string {
    this.#plurals ??= new Intl.PluralRules(this.#words.locale);
    return forms[this.#plurals.select(n)] ?? forms.other;
  }
}
