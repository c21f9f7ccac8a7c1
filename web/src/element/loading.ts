// Getting a model: what is known of it before, the question whether a large download is wanted, the download, the load.

import type { TemplateResult } from "lit";
import { isPair, type Engine, type LoadSource } from "../client/engine.js";
import { aborted } from "../errors.js";
import type { LoadedModel, Paging, PreflightReport, Progress, StoredModel } from "../protocol.js";
import type { CatalogueModel } from "./catalogue.js";
import { modelName } from "./format.js";
import { preflightNotice, progressNotice } from "./notices.js";

/** Bytes from which a download is begun only when a person has seen what to expect of it. */
export const LARGE = 2e9;

export interface LoadingHost {
  readonly engine: Engine;
  requestUpdate(): void;
}

/** What is to be loaded, and how. */
export interface Wanted {
  source: LoadSource;
  name: string;
  paging: Paging;
  /** Bytes that will move, where that is known; see bytesToMove. */
  bytes?: number | undefined;
  /** Ask before a large download. */
  ask: boolean;
  onProgress(progress: Progress): void;
}

/** One load, from the choice to its end. */
export class Loading {
  readonly wanted: Wanted;
  readonly #host: LoadingHost;
  readonly #work = new AbortController();
  #progress: Progress | undefined;
  #question: { report: PreflightReport; agree: () => void } | undefined;

  constructor(host: LoadingHost, wanted: Wanted) {
    this.#host = host;
    this.wanted = wanted;
  }

  /** Gives the model. Rejects with code `aborted` when it was cancelled or not wanted after all. */
  async run(): Promise<LoadedModel> {
    const { source, paging } = this.wanted;
    const { signal } = this.#work;
    if (this.#mayBeLarge()) {
      const report = await this.#host.engine.preflight(source, { signal, paging, measureFrom: LARGE });
      if (report.downloadBytes >= LARGE) await this.#ask(report);
    }
    return this.#host.engine.load(source, { signal, paging, onProgress: (progress) => this.#onProgress(progress) });
  }

  cancel(): void {
    this.#work.abort();
  }

  view(): TemplateResult {
    const cancel = () => this.cancel();
    if (!this.#question) return progressNotice(this.wanted.name, this.#progress, cancel);
    const { report, agree } = this.#question;
    return preflightNotice(this.wanted.name, report, isLocal(this.wanted.source), { agree, cancel });
  }

  #mayBeLarge(): boolean {
    const { ask, bytes } = this.wanted;
    return ask && (bytes === undefined || bytes >= LARGE);
  }

  /** Waits until the person agrees. */
  async #ask(report: PreflightReport): Promise<void> {
    const { signal } = this.#work;
    const answer = new Promise<void>((agree, reject) => {
      this.#question = { report, agree };
      signal.addEventListener("abort", () => reject(aborted()));
    });
    this.#host.requestUpdate();
    await answer;
    this.#question = undefined;
    // Only a click may ask the browser to keep what we store; without its promise the engine works all the same.
    void globalThis.navigator?.storage?.persist?.();
    this.#host.requestUpdate();
  }

  #onProgress(progress: Progress): void {
    if (this.#work.signal.aborted) return;
    this.#progress = progress;
    this.#host.requestUpdate();
    this.wanted.onProgress(progress);
  }
}

/** How many bytes a load will move, as far as that is known without looking at the model; undefined if not. */
export function bytesToMove(source: LoadSource, offered: readonly CatalogueModel[], stored: readonly StoredModel[]): number | undefined {
  const model = isPair(source) ? source.model : source;
  if (typeof model !== "string") return [model].flat().reduce((sum, { size }) => sum + size, 0);
  if (stored.some(({ id, complete }) => complete && id === model)) return 0;
  return offered.find(({ url }) => url === model)?.bytes || undefined;
}

/** The name of what a source holds, for a person. */
export function sourceName(source: LoadSource): string {
  if (isPair(source)) return sourceName(source.model);
  if (typeof source === "string") return modelName(source);
  return modelName((source instanceof File ? source : source[0])?.name ?? "");
}

const isLocal = (source: LoadSource) => typeof (isPair(source) ? source.model : source) !== "string";
