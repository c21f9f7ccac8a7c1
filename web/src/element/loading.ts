// One load of a model: the preflight report, the question whether to start a large download, download and load.

import { type Engine, isPair, type LoadSource } from "../client/engine.js";
import { aborted } from "../errors.js";
import type { LoadedModel, Paging, PreflightReport, Progress, StoredModel } from "../protocol.js";
import { storedId } from "../stored-id.js";
import type { CatalogueModel } from "./catalogue.js";
import { modelName } from "./format.js";
import { PauseSwitch } from "./pause-switch.js";

/** Downloads of at least so many bytes begin only after the person has seen the preflight report and agreed. */
export const LARGE_DOWNLOAD = 2e9;

/** Time after which a cancelled load ends for the person even if the engine has not ended it yet, ms. */
const CANCEL_TIME = 500;

/** What a load needs of the element that shows it. */
export interface LoadingHost {
  readonly engine: Engine;
  /** Schedules a render. */
  requestUpdate(): void;
}

/** How a model is loaded. */
export interface LoadSettings {
  paging: Paging;
  /** Bytes that will be downloaded or copied, where that is known; see bytesToStore. */
  bytes?: number | undefined;
  /** Whether to ask before a large download. */
  ask: boolean;
}

/** What is loaded, and how. */
export interface LoadRequest extends LoadSettings {
  source: LoadSource;
  /** The model's name for the person. */
  name: string;
  /** The name of the model that is open until the load begins. */
  previous?: string | undefined;
  /** Called with the progress until the load is cancelled. */
  onProgress(progress: Progress): void;
}

/** A question that a load waits on. */
export interface LoadQuestion {
  report: PreflightReport;
  /** Continues the load; Loading.cancel ends it. */
  agree(): void;
}

/** One load, from the choice of a model to its end. */
export class Loading {
  readonly request: LoadRequest;
  readonly #host: LoadingHost;
  readonly #abort = new AbortController();
  #progress: Progress | undefined;
  #question: LoadQuestion | undefined;
  #report: PreflightReport | undefined;
  #begun = false;
  #countdown: ReturnType<typeof setInterval> | undefined;
  /** Pauses the download. */
  readonly pause: PauseSwitch;

  constructor(host: LoadingHost, request: LoadRequest) {
    this.#host = host;
    this.request = request;
    this.pause = new PauseSwitch(host);
  }

  /** The latest progress. */
  get progress(): Progress | undefined {
    return this.#progress;
  }

  /** What the load does. */
  get phase(): Progress["phase"] | "preflight" {
    return this.#progress?.phase ?? (this.#begun ? "device" : "preflight");
  }

  /** The question that waits for the person's answer, if there is one. */
  get question(): LoadQuestion | undefined {
    return this.#question;
  }

  /** The preflight report; undefined if there was no need for one. */
  get report(): PreflightReport | undefined {
    return this.#report;
  }

  /** Whether the engine has been told to load. Until then it keeps the model that it had. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether bytes arrive from the network or are about to. */
  get downloading(): boolean {
    return this.#progress?.phase === "download" && !this.pause.paused;
  }

  /** Loads the model and returns it. Rejects with the code `aborted` after cancel, within half a second. */
  async run(): Promise<LoadedModel> {
    try {
      return await Promise.race([this.#load(), this.#cancelled()]);
    } finally {
      clearInterval(this.#countdown);
    }
  }

  async #load(): Promise<LoadedModel> {
    const { source, paging } = this.request;
    const { signal } = this.#abort;
    if (this.#mayBeLarge()) {
      this.#report = await this.#host.engine.preflight(source, { signal, paging, measureFrom: LARGE_DOWNLOAD });
      if (this.#report.downloadBytes >= LARGE_DOWNLOAD) await this.#confirm(this.#report);
    }
    if (signal.aborted) throw aborted();
    this.#begun = true;
    return this.#host.engine.load(source, { signal, paging, onProgress: (progress) => this.#onProgress(progress) });
  }

  /** Ends the load, also while it waits on a question. */
  cancel(): void {
    this.#abort.abort();
  }

  /** Rejects some time after cancel; the engine may need longer to end what it is doing. */
  #cancelled(): Promise<never> {
    const { signal } = this.#abort;
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => setTimeout(() => reject(aborted()), CANCEL_TIME), { once: true });
    });
  }

  #mayBeLarge(): boolean {
    const { ask, bytes } = this.request;
    return ask && (bytes === undefined || bytes >= LARGE_DOWNLOAD);
  }

  /** Waits until the person agrees. */
  async #confirm(report: PreflightReport): Promise<void> {
    const agreed = new Promise<void>((agree, reject) => {
      this.#question = { report, agree };
      this.#abort.signal.addEventListener("abort", () => reject(aborted()));
    });
    this.#host.requestUpdate();
    await agreed;
    this.#question = undefined;
    requestPersistence();
    this.#host.requestUpdate();
  }

  #onProgress(progress: Progress): void {
    if (this.#abort.signal.aborted) return;
    this.#progress = progress;
    this.#countDown(progress.until > Date.now());
    this.#host.requestUpdate();
    this.request.onProgress(progress);
  }

  /** Renders every second while the time until the next attempt is shown. */
  #countDown(shown: boolean): void {
    clearInterval(this.#countdown);
    this.#countdown = shown ? setInterval(() => this.#host.requestUpdate(), 1000) : undefined;
  }
}

/**
 * Asks the browser not to delete what the site stores. To be called during a click, because browsers decide by that.
 * Outrider works the same if the browser refuses.
 */
export function requestPersistence(): void {
  void globalThis.navigator?.storage?.persist?.();
}

/**
 * Returns how many bytes a load will download or copy, as far as that is known without reading the model; undefined if
 * not.
 */
export function bytesToStore(
  source: LoadSource,
  offered: readonly CatalogueModel[],
  stored: readonly StoredModel[],
): number | undefined {
  const model = isPair(source) ? source.model : source;
  if (typeof model !== "string") return [model].flat().reduce((sum, { size }) => sum + size, 0);
  if (stored.some(({ id, complete }) => complete && id === storedId(model))) return 0;
  return offered.find(({ url }) => url === model)?.bytes || undefined;
}

/** Returns the name of the model of a source, for a person. */
export function sourceName(source: LoadSource): string {
  if (isPair(source)) return sourceName(source.model);
  if (typeof source === "string") return modelName(source);
  return modelName((source instanceof File ? source : source[0])?.name ?? "");
}

/** Reports whether the files of a source are on this machine. */
export function isLocal(source: LoadSource): boolean {
  return typeof (isPair(source) ? source.model : source) !== "string";
}
