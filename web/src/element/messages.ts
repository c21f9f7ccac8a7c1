// The conversation as the page shows it.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ChatProgress } from "../protocol.js";
import type { Texts } from "../text/texts.js";
import type { Message } from "./message.js";
import type { MessageTools } from "./message-tools.js";
import { hitRateText } from "./paging-status.js";
import { thumbnails } from "./thumbnails.js";

/** Renders a conversation; generating: its last message is still being written. */
export function messageList(
  t: Texts,
  messages: readonly Message[],
  generating: boolean,
  tools: MessageTools,
): TemplateResult {
  return html`
    <div part="messages" class="messages" role="log" aria-label=${t.conversation.label} aria-busy=${generating}>
      ${messages.length === 0 ? greeting(t) : nothing}
      ${repeat(
        messages,
        (m) => m.id,
        (m, i) => message(t, m, generating && i === messages.length - 1, tools, i === messages.length - 1),
      )}
    </div>
    ${tools.question(t)}
  `;
}

function greeting({ conversation: t }: Texts): TemplateResult {
  return html`<slot name="empty"><p class="empty">${t.greeting}</p></slot>`;
}

function message(t: Texts, m: Message, generating: boolean, tools: MessageTools, last: boolean): TemplateResult {
  const activity = generating ? activityLine(t, m.activity) : nothing;
  const caret = generating ? html`<span class="caret" aria-hidden="true"></span>` : nothing;
  const { you, answer } = t.conversation;
  // Text is pre-wrapped, so the markup around it must not add white space.
  return html`
    <article part="message ${m.role}" class="message ${m.role}" aria-label=${m.role === "user" ? you : answer}>
      ${thumbnails(t.composer, m.pictures)}
      ${m.text ? nothing : activity}
      ${tools.editor(t, m) ?? html`<div class="text" dir="auto" ?hidden=${m.role === "user" && !m.text}>${m.text}${caret}</div>`}
      ${m.text ? activity : nothing}
      ${notes(t, m)}${tools.view(t, m, last)}
    </article>
  `;
}

function activityLine(t: Texts, activity: ChatProgress | undefined): TemplateResult | typeof nothing {
  const text = activity && activityText(t, activity);
  return text ? html`<p part="activity" class="quiet activity" role="status">${text}</p>` : nothing;
}

/** Returns what the engine does while the next word does not come; empty if it is not waiting for anything. */
function activityText({ conversation: t, loading }: Texts, progress: ChatProgress): string {
  if (progress.phase === "network") return progress.waiting ? t.network : "";
  if (progress.phase === "picture") return t.tile(Math.min(progress.done + 1, progress.total), progress.total);
  if (progress.phase === "recover") return t.recover(progress.bytesDone, progress.bytesTotal);
  return t.vision(loading.phases[progress.phase], progress.bytesDone, progress.bytesTotal);
}

function notes(t: Texts, { speed, paging, cut }: Message): TemplateResult | typeof nothing {
  const cutText = cut && t.conversation.cut[cut];
  const texts = [speed && t.format.tokensPerSecond(speed), hitRateText(t, paging), cutText].filter(Boolean);
  return texts.length ? html`<footer part="notes" class="quiet">${texts.join(" · ")}</footer>` : nothing;
}
