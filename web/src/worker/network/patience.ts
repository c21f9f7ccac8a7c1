// How long one read goes on asking a server that refuses or rejects.

import { diagnose } from "./diagnosis.js";
import { connectionLost, type NetworkError } from "./http-errors.js";
import type { Network } from "./network.js";
import type { Range } from "./response.js";

/** Suspect answers count together if they come within this many milliseconds of the first. */
const WINDOW = 60_000;

/** How many suspect answers in a row make an error final, and the milliseconds between them. */
export interface PatienceLimits {
  /** The milliseconds after each suspect answer; the one after the last is final. */
  delays: readonly number[];
}

/** Four answers over ten seconds: enough for a signed address to expire or a proxy to restart. */
export const READ_PATIENCE: PatienceLimits = { delays: [1000, 3000, 6000] };

/** Three answers over a second: when a file is opened, a wrong address is the likely reason. */
export const OPEN_PATIENCE: PatienceLimits = { delays: [300, 700] };

/** Counts the failures of one read at one address since it last received bytes. */
export class Patience {
  readonly #network: Network;
  readonly #url: string;
  readonly #limits: PatienceLimits;
  #suspects: number[] = []; // when they came
  #rejections = 0;
  #accusations = 0;
  #accused = "";

  constructor(network: Network, url: string, limits: PatienceLimits) {
    this.#network = network;
    this.#url = url;
    this.#limits = limits;
  }

  /** Says that bytes have arrived. */
  reset(): void {
    this.#suspects = [];
    this.#rejections = 0;
    this.#accusations = 0;
  }

  /**
   * Counts a suspect answer. Returns the milliseconds to wait before the next attempt; undefined if it was the last.
   */
  suspect(): number | undefined {
    const { clock, random } = this.#network;
    const now = clock.now();
    this.#suspects = this.#suspects.filter((time) => now - time < WINDOW);
    this.#suspects.push(now);
    const delay = this.#limits.delays[this.#suspects.length - 1];
    return delay === undefined ? undefined : delay * (1 + 0.2 * random());
  }

  /**
   * Returns the error for a fetch that rejected. A lost connection is the rule; another reason counts only if it is
   * found twice in a row, and CORS only while no page has read an answer of the origin yet.
   */
  async explain(range: Range, took: number, signal: AbortSignal): Promise<NetworkError> {
    const lost = connectionLost(this.#url);
    const { contacted } = this.#network.origin(this.#url);
    this.#rejections++;
    if (contacted && this.#rejections < 2) return lost;
    const accusation = await diagnose(this.#network, this.#url, range, took, signal);
    const code = accusation?.code === "no_cors" && contacted ? "" : (accusation?.code ?? "");
    this.#accusations = code === this.#accused ? this.#accusations + 1 : 1;
    this.#accused = code;
    const needed = code === "too_many_redirects" ? 1 : 2;
    return accusation && code && this.#accusations >= needed ? accusation : lost;
  }
}
