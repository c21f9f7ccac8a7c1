// What the page shows while a model is loaded: progress, or the question whether to start a large download.

import { html, nothing, type TemplateResult } from "lit";
import type { PreflightReason, Progress } from "../protocol.js";
import type { Texts } from "../text/texts.js";
import { isLocal, type Loading, type LoadQuestion, type LoadRequest } from "./loading.js";
import type { PauseSwitch } from "./pause-switch.js";

/** Renders a load under way. */
export function loadingNotice(t: Texts, loading: Loading): TemplateResult {
  const { request, question } = loading;
  const cancel = () => loading.cancel();
  if (!question) return progressNotice(t, loading, cancel);
  return preflightNotice(t.preflight, request, question, cancel);
}

function progressNotice({ loading: t }: Texts, loading: Loading, cancel: () => void): TemplateResult {
  const { progress } = loading;
  const known = progress !== undefined && progress.bytesTotal > 0;
  return html`
    <section part="progress" class="progress">
      <h2 dir="auto">${loading.request.name}</h2>
      <p role="status">${activity(t, loading)}</p>
      ${progressBar(t.phases[progress?.phase ?? "header"], progress)}
      <p class="quiet figures">${known ? progressFigures(t, progress, loading.pause.paused) : "\u00a0"}</p>
      ${progress?.waiting && !loading.pause.paused ? waitingLine(t, progress) : nothing}
      <div class="actions">
        ${progress?.phase === "download" ? pauseButton(t, loading.pause) : nothing}
        <button class="soft" @click=${cancel}>${t.cancel}</button>
      </div>
    </section>
  `;
}

/** Returns what a load does, for a person. */
function activity(t: Texts["loading"], { progress, pause }: Loading): string {
  if (progress?.phase === "download" && pause.paused) return t.paused;
  if (progress?.waiting) return t.network;
  return `${t.phases[progress?.phase ?? "header"]}…`;
}

function progressBar(label: string, progress: Progress | undefined): TemplateResult {
  const known = progress !== undefined && progress.bytesTotal > 0;
  const percent = known ? (100 * progress.bytesDone) / progress.bytesTotal : undefined;
  return html`
    <div class="track" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
         aria-valuenow=${percent === undefined ? nothing : Math.round(percent)}>
      <svg class="bar ${known ? "" : "unknown"}" aria-hidden="true">
        <rect width="${percent ?? 30}%" height="100%" />
      </svg>
    </div>
  `;
}

function waitingLine(t: Texts["loading"], progress: Progress): TemplateResult {
  return html`<p part="waiting" class="quiet figures"><span lang="en">${progress.waiting}</span>${nextAttemptText(
    t,
    progress,
    Date.now(),
  )}</p>`;
}

/** Returns, for example, " · next attempt in 12 s"; empty if nothing says when that is. */
export function nextAttemptText(t: Texts["loading"], { until }: Progress, now: number): string {
  return until ? ` · ${t.nextAttempt((until - now) / 1000)}` : "";
}

/** Renders the button that pauses downloads and continues them. */
export function pauseButton(t: Texts["loading"], pause: PauseSwitch, style = "soft"): TemplateResult {
  return html`<button part="pause" class=${style} @click=${() => void pause.toggle()}>${
    pause.paused ? t.resume : t.pause
  }</button>`;
}

/** Returns, for example, "42.1 MB of 98.4 MB · 12.3 MB/s · 5 s left", without speed and time if nothing arrives. */
function progressFigures(t: Texts["loading"], progress: Progress, paused: boolean): string {
  const { bytesDone, bytesTotal, bytesPerSecond, secondsLeft, waiting } = progress;
  const parts = [t.progress(bytesDone, bytesTotal)];
  if (paused || waiting) return parts[0]!;
  if (bytesPerSecond > 0) parts.push(t.speed(bytesPerSecond));
  if (secondsLeft > 0) parts.push(t.left(secondsLeft));
  return parts.join(" · ");
}

function slowReason(t: Texts["preflight"], { message }: PreflightReason): TemplateResult {
  return html`<p class="quiet">${t.slow} <span lang="en">${message}.</span></p>`;
}

/** Renders the report on a large model with the question whether to load it. The report is in English. */
function preflightNotice(
  t: Texts["preflight"],
  { name, source }: LoadRequest,
  { report, agree }: LoadQuestion,
  cancel: () => void,
): TemplateResult {
  const local = isLocal(source);
  const tooLarge = report.verdict === "does_not_fit"; // still offered: what browsers say about storage is not reliable
  const slow = tooLarge ? nothing : report.reasons.map((reason) => slowReason(t, reason));
  const action = tooLarge ? t.tryAnyway : local ? t.copy : t.download;
  return html`
    <section part="preflight" class="preflight" aria-labelledby="preflight" data-verdict=${report.verdict}>
      <h2 id="preflight" dir="auto">${name}</h2>
      <p part="sentence" role="status" lang="en">${report.sentence}.</p>
      ${slow}
      ${tooLarge || local ? nothing : html`<p class="quiet">${t.pauseHint}</p>`}
      <div class="actions">
        <button part="agree" class=${tooLarge ? "soft" : "main"} @click=${agree}>${action}</button>
        <button part="decline" class=${tooLarge ? "main" : "soft"}
          @click=${cancel}>${t.decline}</button>
      </div>
    </section>
  `;
}
