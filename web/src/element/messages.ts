// The conversation as the page shows it.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ChatProgress, RecoverProgress, RestartProgress } from "../protocol.js";
import { bytes, tokensPerSecond } from "./format.js";
import { phases } from "./loading-notices.js";
import type { Message } from "./message.js";
import { hitRateText } from "./paging-status.js";
import { thumbnails } from "./thumbnails.js";

const cutTexts = { stopped: "Stopped", length: "Cut short: no space left in the context", interrupted: "Interrupted" };

const greeting = html`<slot name="empty"><p class="empty">What would you like to know?</p></slot>`;

/** Renders a conversation; generating: its last message is still being written. */
export function messageList(messages: readonly Message[], generating: boolean): TemplateResult {
  return html`
    <div part="messages" class="messages" role="log" aria-label="Conversation" aria-busy=${generating}>
      ${messages.length === 0 ? greeting : nothing}
      ${repeat(
        messages,
        (m) => m.id,
        (m, i) => message(m, generating && i === messages.length - 1),
      )}
    </div>
  `;
}

function message(m: Message, generating: boolean): TemplateResult {
  const activity = generating ? activityLine(m.activity) : nothing;
  const caret = generating ? html`<span class="caret" aria-hidden="true"></span>` : nothing;
  // Text is pre-wrapped, so the markup around it must not add white space.
  return html`
    <article part="message ${m.role}" class="message ${m.role}" aria-label=${m.role === "user" ? "You" : "Answer"}>
      ${thumbnails(m.pictures)}
      ${m.text ? nothing : activity}
      <div class="text" ?hidden=${m.role === "user" && !m.text}>${m.text}${caret}</div>
      ${m.text ? activity : nothing}
      ${notes(m)}
    </article>
  `;
}

function activityLine(activity: ChatProgress | undefined): TemplateResult | typeof nothing {
  const text = activity && activityText(activity);
  return text ? html`<p part="activity" class="quiet activity" role="status">${text}</p>` : nothing;
}

/** Returns what the engine does while the next word does not come; empty if it is not waiting for anything. */
function activityText(progress: ChatProgress): string {
  if (progress.phase === "network")
    return progress.waiting ? "Waiting for the network: part of the model is still missing" : "";
  if (progress.phase === "picture")
    return `Looking at tile ${Math.min(progress.done + 1, progress.total)} of ${progress.total}…`;
  if (progress.phase === "recover" || progress.phase === "restart") return recoveryText(progress);
  const { phase, bytesDone, bytesTotal } = progress;
  return `${phases[phase]}: the vision encoder, ${bytes(bytesDone)} of ${bytes(bytesTotal)}…`;
}

function recoveryText({ phase, bytesDone, bytesTotal }: RecoverProgress | RestartProgress): string {
  const how = bytesTotal ? `, ${bytes(bytesDone)} of ${bytes(bytesTotal)}` : "";
  if (phase === "restart") return `The engine was started again: loading the model${how}; then the answer begins…`;
  return `The GPU was reset: loading the model again${how}; then the answer continues…`;
}

function notes({ speed, paging, cut }: Message): TemplateResult | typeof nothing {
  const texts = [speed && tokensPerSecond(speed), hitRateText(paging), cut && cutTexts[cut]].filter(Boolean);
  return texts.length ? html`<footer part="notes" class="quiet">${texts.join(" · ")}</footer>` : nothing;
}
