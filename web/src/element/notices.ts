// What the page says about a load under way and about trouble.

import { html, nothing, type TemplateResult } from "lit";
import { bytes, duration } from "./format.js";
import { icons } from "./icons.js";
import type { EngineError } from "../client/index.js";
import type { ChatProgress, PreflightReport, Progress } from "../protocol.js";

const phases = { header: "Reading the file", download: "Downloading", load: "Loading onto the GPU" };

export function progressNotice(name: string, progress: Progress | undefined, cancel: () => void): TemplateResult {
  const phase = phases[progress?.phase ?? "header"];
  const known = progress !== undefined && progress.bytesTotal > 0;
  const percent = known ? (100 * progress.bytesDone) / progress.bytesTotal : undefined;
  return html`
    <section part="progress" class="progress">
      <h2>${name}</h2>
      <p role="status">${phase}…</p>
      <div class="track" role="progressbar" aria-label=${phase} aria-valuemin="0" aria-valuemax="100"
           aria-valuenow=${percent === undefined ? nothing : Math.round(percent)}>
        <div class="bar ${known ? "" : "unknown"}" style="width:${percent ?? 30}%"></div>
      </div>
      <p class="quiet figures">${known ? figures(progress) : "\u00a0"}</p>
      <button class="soft" @click=${cancel}>Cancel</button>
    </section>
  `;
}

/** "42.1 MB of 98.4 MB · 12.3 MB/s · 5 s left" */
function figures({ bytesDone, bytesTotal, bytesPerSecond, secondsLeft }: Progress): string {
  const parts = [`${bytes(bytesDone)} of ${bytes(bytesTotal)}`];
  if (bytesPerSecond > 0) parts.push(`${bytes(bytesPerSecond)}/s`);
  if (secondsLeft > 0) parts.push(`${duration(secondsLeft)} left`);
  return parts.join(" · ");
}

export interface PreflightActions {
  agree(): void;
  cancel(): void;
}

/** What to expect of a large model, and the question whether it is wanted. local: its files lie on this machine. */
export function preflightNotice(name: string, report: PreflightReport, local: boolean, actions: PreflightActions): TemplateResult {
  const refused = report.verdict === "does_not_fit"; // the sentence says why; of storage, browsers do not tell the truth
  const go = refused ? "Try all the same" : local ? "Copy into the browser" : "Download";
  return html`
    <section part="preflight" class="preflight" aria-labelledby="preflight" data-verdict=${report.verdict}>
      <h2 id="preflight">${name}</h2>
      <p part="sentence" role="status">${sentence(report.sentence)}.</p>
      ${refused ? nothing : report.reasons.map(({ message }) => html`<p class="quiet">${sentence(message)}.</p>`)}
      ${refused || local ? nothing : html`<p class="quiet">What has arrived is kept: you can stop and go on another time.</p>`}
      <div class="actions">
        <button part="agree" class=${refused ? "soft" : "main"} @click=${actions.agree}>${go}</button>
        <button part="decline" class=${refused ? "main" : "soft"} @click=${actions.cancel}>Choose another model</button>
      </div>
    </section>
  `;
}

/** What is worth knowing of a model that runs all the same. */
export function warningNotices(warnings: string[]): TemplateResult[] {
  return warnings.map((text) => html`<p part="warning" class="quiet" role="status">${text}</p>`);
}

/** What goes on while no words come: before the first one of an answer about pictures, or for want of the network. */
export function activity(progress: ChatProgress): string {
  if (progress.phase === "network") return progress.waiting ? "Waiting for the network: part of the model is still missing" : "";
  if (progress.phase === "picture") return `Looking at tile ${Math.min(progress.done + 1, progress.total)} of ${progress.total}…`;
  const { phase, bytesDone, bytesTotal } = progress;
  return `${phases[phase]}: what the model sees with, ${bytes(bytesDone)} of ${bytes(bytesTotal)}…`;
}

/** A message as a sentence; names and paths that one may begin with stay as they are. */
function sentence(message: string): string {
  return /^[a-z]+[ ,;]/.test(message) ? message[0]!.toUpperCase() + message.slice(1) : message;
}

export function errorNotice(error: EngineError, retry: (() => void) | undefined): TemplateResult {
  return html`
    <section part="error" class="error" role="alert" data-code=${error.code}>
      ${icons.alert}
      <div>
        <p>${sentence(error.message)}</p>
        <p class="code">${error.code}</p>
      </div>
      ${retry ? html`<button class="soft" @click=${retry}>Try again</button>` : nothing}
    </section>
  `;
}
