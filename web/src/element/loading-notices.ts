// What the page shows while a model is loaded: progress, or the question whether to start a large download.

import { html, nothing, type TemplateResult } from "lit";
import type { Progress } from "../protocol.js";
import type { Texts } from "../text/texts.js";
import { isLocal, type Loading } from "./loading.js";
import type { PauseSwitch } from "./pause-switch.js";
import { preflightNotice } from "./preflight-view.js";

/** Renders a load under way. inBackground downloads the model beside the conversation instead. */
export function loadingNotice(t: Texts, loading: Loading, inBackground: () => void): TemplateResult {
  const { request, question } = loading;
  const cancel = () => loading.cancel();
  if (!question) return progressNotice(t, loading, cancel);
  return preflightNotice(t.preflight, request, question, { cancel, inBackground });
}

function progressNotice({ loading: t }: Texts, loading: Loading, cancel: () => void): TemplateResult {
  const { progress } = loading;
  const known = progress !== undefined && progress.bytesTotal > 0;
  return html`
    <section part="progress" class="progress">
      <h2 dir="auto">${loading.request.name}</h2>
      <p role="status">${activity(t, loading)}</p>
      ${progressBar(phaseText(t, loading), progress)}
      <p class="quiet figures">${known ? progressFigures(t, progress, loading.pause.paused) : "\u00a0"}</p>
      ${startLine(t, loading)}
      ${progress?.waiting && !loading.pause.paused ? waitingLine(t, progress) : nothing}
      <div class="actions">
        ${progress?.phase === "download" ? pauseButton(t, loading.pause) : nothing}
        <button class="soft" @click=${cancel}>${t.cancel}</button>
      </div>
    </section>
  `;
}

/** Says that the bytes of the progress are only those that the first word needs, where the preflight has said more. */
function startLine(t: Texts["loading"], { progress, report }: Loading): TemplateResult | typeof nothing {
  if (progress?.phase !== "download" || !report) return nothing;
  const more = report.storageBytes > 1.01 * progress.bytesTotal;
  return more ? html`<p part="start" class="quiet">${t.start(report.storageBytes)}</p>` : nothing;
}

/** Returns the name of what a load does. Files of this machine are not downloaded. */
function phaseText(t: Texts["loading"], { phase, request }: Loading): string {
  return phase === "download" && isLocal(request.source) ? t.copying : t.phases[phase];
}

/** Returns what a load does, for a person. */
function activity(t: Texts["loading"], loading: Loading): string {
  const { progress, pause } = loading;
  if (progress?.phase === "download" && pause.paused) return t.paused;
  if (progress?.waiting) return t.network;
  return `${phaseText(t, loading)}…`;
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
export function progressFigures(t: Texts["loading"], progress: Progress, paused: boolean): string {
  const { bytesDone, bytesTotal, bytesPerSecond, secondsLeft, waiting } = progress;
  const parts = [t.progress(bytesDone, bytesTotal)];
  if (paused || waiting) return parts[0]!;
  if (bytesPerSecond > 0) parts.push(t.speed(bytesPerSecond));
  if (secondsLeft > 0) parts.push(t.left(secondsLeft));
  return parts.join(" · ");
}
