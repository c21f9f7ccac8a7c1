// The line about a model whose experts are paged: how many are on the GPU, and how far the download is that continues
// in the background after the load.

import { html, nothing, type TemplateResult } from "lit";
import type { Engine } from "../client/index.js";
import type { PagingStats } from "../protocol.js";
import type { Texts } from "../text/texts.js";
import { pauseButton } from "./loading-notices.js";
import { PauseSwitch } from "./pause-switch.js";

/** Time between two reads of the statistics while a download continues, ms. */
const INTERVAL = 2000;

/** What the status needs of the element that shows it. */
export interface PagingStatusHost {
  readonly engine: Engine;
  readonly texts: Texts;
  /** Schedules a render. */
  requestUpdate(): void;
}

/** Reads the paging statistics of the open model until everything is downloaded. */
export class PagingStatus {
  readonly #host: PagingStatusHost;
  readonly #interval: number;
  readonly #pause: PauseSwitch;
  #model: object | undefined;
  #stats: PagingStats | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** interval is the time between two reads, ms. */
  constructor(host: PagingStatusHost, interval = INTERVAL) {
    this.#host = host;
    this.#pause = new PauseSwitch(host);
    this.#interval = interval;
  }

  /** Whether a download runs in the background. */
  get downloading(): boolean {
    return (this.#stats?.bytesMissing ?? 0) > 0 && !this.#pause.paused;
  }

  /**
   * Follows a model from now on; undefined shows nothing. Any object that identifies the model will do. Has no effect
   * if that model is followed already.
   */
  follow(model: object | undefined): void {
    if (model === this.#model) return;
    clearTimeout(this.#timer);
    this.#model = model;
    this.#stats = undefined;
    this.#pause.reset();
    if (model) void this.#read(model);
  }

  /** Renders a line about a paged model, and nothing about any other. */
  view(): TemplateResult | typeof nothing {
    if (!this.#stats) return nothing;
    const { texts } = this.#host;
    const button = this.#stats.bytesMissing ? html` ${pauseButton(texts.loading, this.#pause, "link")}` : nothing;
    return html`<p part="paging" class="quiet paging">${pagingText(texts, this.#stats)}${button}</p>`;
  }

  async #read(model: object): Promise<void> {
    const stats = await this.#host.engine.stats().catch(() => undefined); // the next load or answer reports it
    if (model !== this.#model) return;
    this.#stats = stats?.paging ?? undefined;
    this.#host.requestUpdate();
    if (this.#stats?.bytesMissing) this.#timer = setTimeout(() => void this.#read(model), this.#interval);
  }
}

/** Returns, for example, "48 of 768 experts on the GPU · 13.1 GB of 42.6 GB downloaded so far", and why it waits. */
export function pagingText(
  { paging: t }: Texts,
  { expertsOnGPU, experts, bytesMissing, bytesTotal, waiting }: PagingStats,
): string {
  const placed = t.experts(expertsOnGPU, experts);
  if (bytesMissing === 0) return placed;
  const loaded = `${placed} · ${t.downloaded(bytesTotal - bytesMissing, bytesTotal)}`;
  return waiting ? `${loaded} · ${t.waiting(waiting)}` : loaded;
}

/** Returns how often the experts of an answer were on the GPU, for its notes; undefined if none was paged. */
export function hitRateText({ conversation: t }: Texts, paging: PagingStats | null | undefined): string | undefined {
  if (!paging || paging.decode.hits + paging.decode.misses === 0) return undefined;
  return t.hitRate(Math.round(100 * paging.decode.hitRate));
}
