// What the page shows while a model is loaded: progress, or the question whether to start a large download.

import { html, nothing, type TemplateResult } from "lit";
import type { PreflightReason, PreflightReport, Progress } from "../protocol.js";
import { bytes, duration } from "./format.js";
import { isLocal, type Loading } from "./loading.js";
import type { PauseSwitch } from "./pause-switch.js";

/** What a load does in each phase, for a person. */
export const phases = {
  header: "Reading the file",
  download: "Downloading",
  verify: "Checking the downloaded files",
  load: "Loading onto the GPU",
};

/** Renders a load under way. */
export function loadingNotice(loading: Loading): TemplateResult {
  const { request, question } = loading;
  const cancel = () => loading.cancel();
  if (!question) return progressNotice(loading, cancel);
  return preflightNotice(request.name, question.report, isLocal(request.source), { agree: question.agree, cancel });
}

function progressNotice(loading: Loading, cancel: () => void): TemplateResult {
  const { progress } = loading;
  const known = progress !== undefined && progress.bytesTotal > 0;
  return html`
    <section part="progress" class="progress">
      <h2>${loading.request.name}</h2>
      <p role="status">${activity(loading)}</p>
      ${progressBar(phases[progress?.phase ?? "header"], progress)}
      <p class="quiet figures">${known ? progressFigures(progress, loading.pause.paused) : "\u00a0"}</p>
      ${progress?.waiting && !loading.pause.paused ? waitingLine(progress) : nothing}
      <div class="actions">
        ${progress?.phase === "download" ? pauseButton(loading.pause) : nothing}
        <button class="soft" @click=${cancel}>Cancel</button>
      </div>
    </section>
  `;
}

/** Returns what a load does, for a person. */
function activity({ progress, pause }: Loading): string {
  if (progress?.phase === "download" && pause.paused) return "Paused. What has arrived is kept.";
  if (progress?.waiting) return "Waiting for the network…";
  return `${phases[progress?.phase ?? "header"]}…`;
}

function progressBar(label: string, progress: Progress | undefined): TemplateResult {
  const known = progress !== undefined && progress.bytesTotal > 0;
  const percent = known ? (100 * progress.bytesDone) / progress.bytesTotal : undefined;
  return html`
    <div class="track" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
         aria-valuenow=${percent === undefined ? nothing : Math.round(percent)}>
      <div class="bar ${known ? "" : "unknown"}" style="width:${percent ?? 30}%"></div>
    </div>
  `;
}

function waitingLine(progress: Progress): TemplateResult {
  return html`<p part="waiting" class="quiet figures">${waitingText(progress, Date.now())}</p>`;
}

/** Returns, for example, "example.org cannot be reached · next attempt in 12 s". */
export function waitingText({ waiting, until }: Progress, now: number): string {
  if (!until) return waiting;
  return `${waiting} · next attempt ${until > now ? `in ${duration((until - now) / 1000)}` : "now"}`;
}

/** Renders the button that pauses downloads and continues them. */
export function pauseButton(pause: PauseSwitch, style = "soft"): TemplateResult {
  return html`<button part="pause" class=${style} @click=${() => void pause.toggle()}>${
    pause.paused ? "Resume" : "Pause"
  }</button>`;
}

/** Returns, for example, "42.1 MB of 98.4 MB · 12.3 MB/s · 5 s left", without speed and time if nothing arrives. */
function progressFigures(progress: Progress, paused: boolean): string {
  const { bytesDone, bytesTotal, bytesPerSecond, secondsLeft, waiting } = progress;
  const parts = [`${bytes(bytesDone)} of ${bytes(bytesTotal)}`];
  if (paused || waiting) return parts[0]!;
  if (bytesPerSecond > 0) parts.push(`${bytes(bytesPerSecond)}/s`);
  if (secondsLeft > 0) parts.push(`${duration(secondsLeft)} left`);
  return parts.join(" · ");
}

const pauseHint = html`<p class="quiet">You can stop the download and continue it another time.</p>`;

function slowReason({ message }: PreflightReason): TemplateResult {
  return html`<p class="quiet">Why it is slow: ${message}.</p>`;
}

interface PreflightActions {
  agree(): void;
  cancel(): void;
}

/** Renders the report on a large model with the question whether to load it; local: its files are on this machine. */
function preflightNotice(
  name: string,
  report: PreflightReport,
  local: boolean,
  actions: PreflightActions,
): TemplateResult {
  const tooLarge = report.verdict === "does_not_fit"; // still offered: what browsers say about storage is not reliable
  const slow = tooLarge ? nothing : report.reasons.map(slowReason);
  const action = tooLarge ? "Try anyway" : local ? "Copy into the browser" : "Download";
  return html`
    <section part="preflight" class="preflight" aria-labelledby="preflight" data-verdict=${report.verdict}>
      <h2 id="preflight">${name}</h2>
      <p part="sentence" role="status">${report.sentence}.</p>
      ${slow}
      ${tooLarge || local ? nothing : pauseHint}
      <div class="actions">
        <button part="agree" class=${tooLarge ? "soft" : "main"} @click=${actions.agree}>${action}</button>
        <button part="decline" class=${tooLarge ? "main" : "soft"}
          @click=${actions.cancel}>Choose another model</button>
      </div>
    </section>
  `;
}
