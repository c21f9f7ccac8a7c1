// Has the file changed since it was opened? A validator that differs is a hint: the nodes of one network send different
// ones for the same bytes. A few bytes that have arrived before are fetched again and compared.

import type { Range } from "./response.js";

/** Bytes of a sample, how many are kept, and after how many equal ones validators are not looked at any more. */
const SAMPLE_BYTES = 16_384;
const MAX_SAMPLES = 8;
const MAX_CHECKS = 4;

/** Bytes of the file and where they are in it. */
export interface Sample extends Range {
  bytes: Uint8Array;
}

/** Samples of a file that has been read from, and the validators that its servers send for it. */
export class Samples {
  readonly #random: () => number;
  readonly #validators: Set<string>;
  readonly #samples: Sample[] = [];
  #checks = 0;

  constructor(validator: string, random: () => number) {
    this.#validators = new Set([validator]);
    this.#random = random;
  }

  /** Returns the sample to compare with before bytes with this validator are used; undefined if there is no need. */
  toCompare(validator: string): Sample | undefined {
    if (validator === "" || this.#validators.has(validator) || this.#checks >= MAX_CHECKS) return undefined;
    return this.#samples[Math.floor(this.#random() * this.#samples.length)];
  }

  /** Notes that bytes with this validator are of the same file. */
  accept(validator: string, compared: boolean): void {
    this.#validators.add(validator);
    if (compared) this.#checks++;
  }

  /** Keeps the first bytes of a read, in the place of an older sample if there are enough. */
  keep(offset: number, bytes: Uint8Array): void {
    const sample = { offset, length: Math.min(bytes.length, SAMPLE_BYTES), bytes: bytes.slice(0, SAMPLE_BYTES) };
    if (this.#samples.length < MAX_SAMPLES) this.#samples.push(sample);
    else this.#samples[Math.floor(this.#random() * MAX_SAMPLES)] = sample;
  }
}
