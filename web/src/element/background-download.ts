// A model that is downloaded while the person goes on with another one.

import { html, nothing, type TemplateResult } from "lit";
import type { Engine, LoadSource } from "../client/engine.js";
import type { Progress } from "../protocol.js";
import type { Texts } from "../text/texts.js";
import { pauseButton, progressFigures } from "./loading-notices.js";
import { PauseSwitch } from "./pause-switch.js";
import { ReadyNotice } from "./ready-notice.js";

/** What a download needs of the element that shows it. */
export interface BackgroundHost {
  readonly engine: Engine;
  readonly texts: Texts;
  /** Schedules a render. */
  requestUpdate(): void;
}

/** What is downloaded. */
export interface BackgroundModel {
  readonly source: LoadSource;
  /** The model's name for the person. */
  readonly name: string;
}

/** At most one download beside the conversation. */
export class BackgroundDownload {
  readonly #host: BackgroundHost;
  readonly #report: (error: unknown) => void;
  readonly #pause: PauseSwitch;
  /** Tells the person about the end, if that is wanted. */
  readonly notice: ReadyNotice;
  #model: BackgroundModel | undefined;
  #progress: Progress | undefined;
  #abort = new AbortController();
  #complete = false;

  /** report shows an error. */
  constructor(host: BackgroundHost, report: (error: unknown) => void) {
    this.#host = host;
    this.#report = report;
    this.#pause = new PauseSwitch(host);
    this.notice = new ReadyNotice(host);
  }

  /** Whether there is a download, be it paused or complete. */
  get active(): boolean {
    return this.#model !== undefined;
  }

  /** Whether bytes arrive from the network or are about to. */
  get downloading(): boolean {
    return this.#model !== undefined && !this.#complete && !this.#pause.paused;
  }

  /** Downloads a model, in place of the one that was being downloaded. */
  async start(model: BackgroundModel): Promise<void> {
    this.end();
    const { signal } = this.#abort;
    this.#model = model;
    const onProgress = (progress: Progress) => {
      if (signal.aborted) return;
      this.#progress = progress;
      this.#host.requestUpdate();
    };
    try {
      await this.#host.engine.download(model.source, { signal, onProgress });
      if (!signal.aborted) this.#finish(model);
    } catch (error) {
      if (signal.aborted) return;
      this.end();
      this.#report(error);
    }
  }

  /** Ends the download, or removes the line about one that is complete. What has arrived is kept. */
  end = (): void => {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#pause.reset();
    this.#complete = false;
    this.#model = this.#progress = undefined;
    this.#host.requestUpdate();
  };

  /** Renders a line about the download, and nothing without one. open loads the model once it is complete. */
  view(open: (model: BackgroundModel) => void): TemplateResult | typeof nothing {
    const model = this.#model;
    if (!model) return nothing;
    return html`<p part="background" class="quiet paging" role=${this.#complete ? "status" : nothing}>
      ${this.#complete ? this.#completeLine(model, open) : this.#progressLine(model)}</p>`;
  }

  #completeLine(model: BackgroundModel, open: (model: BackgroundModel) => void): TemplateResult {
    const { background: t } = this.#host.texts;
    const start = () => {
      this.end();
      open(model);
    };
    return html`${t.ready(model.name)} <button class="link" @click=${start}>${t.start}</button>
      <button class="link" @click=${this.end}>${t.later}</button>`;
  }

  #progressLine({ name }: BackgroundModel): TemplateResult {
    const { background: t, loading } = this.#host.texts;
    const figures = this.#progress ? progressFigures(loading, this.#progress, this.#pause.paused) : "…";
    return html`${name}: ${figures} ${pauseButton(loading, this.#pause, "link")}
      <button class="link" @click=${this.end}>${loading.cancel}</button>
      ${this.notice.offered ? html`<button class="link" @click=${this.notice.ask}>${t.notify}</button>` : nothing}
      ${this.notice.wanted ? html`<span>${t.notified}</span>` : nothing}`;
  }

  #finish({ name }: BackgroundModel): void {
    this.#complete = true;
    this.notice.tell(this.#host.texts.background.ready(name));
    this.#host.requestUpdate();
  }
}
