// What there is to see of a model whose experts are paged: how many lie on the GPU, and how the download goes on that
// began with the load and need not be waited for.

import { html, nothing, type TemplateResult } from "lit";
import type { Engine } from "../client/index.js";
import type { PagingStats } from "../protocol.js";
import { bytes } from "./format.js";

/** Between two looks at the download, ms. */
const INTERVAL = 2000;

export interface PagingHost {
  readonly engine: Engine;
  requestUpdate(): void;
}

export class PagingWatch {
  readonly #host: PagingHost;
  readonly #interval: number;
  #stats: PagingStats | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch = 0;

  constructor(host: PagingHost, interval = INTERVAL) {
    this.#host = host;
    this.#interval = interval;
  }

  /** Begins to follow the model that has just been loaded. */
  start(): void {
    this.stop();
    void this.#look(this.#watch);
  }

  stop(): void {
    this.#watch++;
    clearTimeout(this.#timer);
    this.#stats = undefined;
  }

  /** A line about a paged model; nothing for others. */
  view(): TemplateResult | typeof nothing {
    if (!this.#stats) return nothing;
    return html`<p part="paging" class="quiet paging">${describe(this.#stats)}</p>`;
  }

  async #look(watch: number): Promise<void> {
    const stats = await this.#host.engine.stats().catch(() => undefined); // whoever is in need of the engine will say so
    if (watch !== this.#watch) return;
    this.#stats = stats?.paging ?? undefined;
    this.#host.requestUpdate();
    if (this.#stats?.bytesMissing) this.#timer = setTimeout(() => void this.#look(watch), this.#interval);
  }
}

/** "48 of 768 experts on the GPU · 13.1 GB of 42.6 GB downloaded so far" */
export function describe({ expertsOnGPU, experts, bytesMissing, bytesTotal }: PagingStats): string {
  const placed = `${expertsOnGPU} of ${experts} experts on the GPU`;
  if (bytesMissing === 0) return placed;
  return `${placed} · ${bytes(bytesTotal - bytesMissing)} of ${bytes(bytesTotal)} downloaded so far`;
}

/** How often the experts of an answer were on the GPU, for its notes; undefined where nothing was paged. */
export function hitRate(paging: PagingStats | null | undefined): string | undefined {
  if (!paging || paging.decode.hits + paging.decode.misses === 0) return undefined;
  return `${Math.round(100 * paging.decode.hitRate)} % of experts found on the GPU`;
}
