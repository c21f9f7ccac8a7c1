// The question whether to start a large download, with what the preflight report says in a person's words.

import { html, type TemplateResult } from "lit";
import type { PreflightReason, PreflightReport } from "../protocol.js";
import type { Texts } from "../text/texts.js";
import { isLocal, type LoadQuestion, type LoadRequest } from "./loading.js";

/** Renders the question. A download that leads to a slow model, or to none, is not the button that stands out. */
export function preflightNotice(
  t: Texts["preflight"],
  request: LoadRequest,
  question: LoadQuestion,
  cancel: () => void,
): TemplateResult {
  const { report } = question;
  const good = report.verdict === "runs";
  const back = request.previous === undefined ? t.decline : t.back(request.previous);
  return html`
    <section part="preflight" class="preflight" aria-labelledby="preflight" data-verdict=${report.verdict}>
      <h2 id="preflight" dir="auto">${request.name}</h2>
      <p part="verdict" class="verdict" role="status">${verdict(t, report)}</p>
      <ul part="facts" class="facts">${facts(t, request, report).map((fact) => html`<li>${fact}</li>`)}</ul>
      ${details(t, report)}
      <div class="actions">
        <button part="agree" class=${good ? "main" : "soft"}
          @click=${question.agree}>${agreement(t, request, report)}</button>
        <button part="decline" class=${good ? "soft" : "main"} @click=${cancel}>${back}</button>
      </div>
    </section>
  `;
}

/** Returns whether the model runs here, how fast, and what stands in the way. */
function verdict(t: Texts["preflight"], { verdict, tokensPerSecond, reasons }: PreflightReport): string {
  const limits = reasons.map((reason) => limitText(t, reason));
  const speed = verdict !== "does_not_fit" && tokensPerSecond > 0 ? [t.speed(tokensPerSecond)] : [];
  return [t.verdict[verdict], ...speed, ...limits].filter(Boolean).join(" ");
}

/** Returns which limit a model exceeds and what to do; empty for the speed, of which the verdict has spoken. */
function limitText({ limits }: Texts["preflight"], { limit, needed, available }: PreflightReason): string {
  const key = limit === "binding" ? "buffer" : limit;
  return key in limits ? limits[key as keyof typeof limits](needed, available) : "";
}

/** Returns what a load takes: bytes, time and space. */
function facts(t: Texts["preflight"], { source }: LoadRequest, report: PreflightReport): string[] {
  const { downloadBytes, downloadSeconds, startBytes, storageBytes, machine } = report;
  if (isLocal(source)) return [t.toCopy(downloadBytes)];
  const takes = downloadSeconds > 0 ? `, ${t.takes(downloadSeconds)}` : "";
  const free = machine?.storageBytes > 0 ? `, ${t.free(machine.storageBytes)}` : "";
  const all = [t.toDownload(downloadBytes) + takes];
  if (startBytes > 0 && startBytes < downloadBytes) all.push(t.start(startBytes));
  if (storageBytes > 0) all.push(t.onDisk(storageBytes) + free);
  return [...all, t.pauseHint];
}

/** Renders the engine's own report, which is in English. */
function details(t: Texts["preflight"], { sentence, verdict, reasons }: PreflightReport): TemplateResult {
  const slow = verdict === "does_not_fit" ? [] : reasons;
  return html`
    <details part="details" class="quiet">
      <summary>${t.details}</summary>
      <p part="sentence" lang="en">${sentence}.</p>
      ${slow.map(({ message }) => html`<p>${t.slow} <span lang="en">${message}.</span></p>`)}
    </details>
  `;
}

function agreement(t: Texts["preflight"], { source }: LoadRequest, { verdict }: PreflightReport): string {
  if (verdict === "does_not_fit") return t.tryAnyway; // what browsers say about storage is not reliable
  if (isLocal(source)) return t.copy;
  return verdict === "runs" ? t.download : t.downloadAnyway;
}
