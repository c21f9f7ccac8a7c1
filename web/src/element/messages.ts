// The conversation as the page shows it.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { loadFormat } from "../markdown/view.js";
import type { ChatProgress } from "../protocol.js";
import type { Texts } from "../text/texts.js";
import type { Announcer } from "./announcer.js";
import type { Message } from "./message.js";
import { messageText } from "./message-text.js";
import type { MessageTools } from "./message-tools.js";
import type { MessageWindow } from "./message-window.js";
import { hitRateText } from "./paging-status.js";
import { thumbnails } from "./thumbnails.js";

/** What the list of messages keeps from one render to the next. */
export interface MessageListState {
  readonly window: MessageWindow;
  readonly announcer: Announcer;
  readonly tools: MessageTools;
}

/** Renders a conversation, empty in place of no messages; generating: its last message is still being written. */
export function messageList(
  t: Texts,
  messages: readonly Message[],
  generating: boolean,
  { window, announcer, tools }: MessageListState,
  empty: TemplateResult,
): TemplateResult {
  void loadFormat();
  const shown = window.shown(messages);
  return html`
    <section part="messages" class="messages" aria-label=${t.conversation.label} aria-busy=${generating}>
      ${messages.length === 0 ? html`<slot name="empty">${empty}</slot>` : nothing}
      ${window.hidden > 0 ? earlier(t, window) : nothing}
      ${repeat(
        shown,
        (m) => m.id,
        (m, i) => message(t, m, generating && i === shown.length - 1, tools, i === shown.length - 1),
      )}
    </section>
    ${tools.question(t)} ${announcer.view(t.conversation.answer, messages.at(-1), generating)}
  `;
}

function earlier({ conversation: t }: Texts, window: MessageWindow): TemplateResult {
  return html`<button part="earlier" class="soft earlier" @click=${window.showEarlier}>${t.earlier}</button>`;
}

function message(t: Texts, m: Message, generating: boolean, tools: MessageTools, last: boolean): TemplateResult {
  const activity = generating ? activityLine(t, m.activity) : nothing;
  const name = m.role === "user" ? t.conversation.you : t.conversation.answer;
  return html`
    <article part="message ${m.role}" class="message ${m.role}" aria-label=${name}>
      <h2 class="spoken">${name}</h2>
      ${thumbnails(t.composer, m.pictures)}
      ${m.text ? nothing : activity}
      ${tools.editor(t, m) ?? (m.role === "user" ? said(m) : answer(t, m, generating))}
      ${m.text ? activity : nothing}
      ${notes(t, m)}${tools.view(t, m, last)}
    </article>
  `;
}

function said({ text }: Message): TemplateResult {
  return html`<div class="text" dir="auto" ?hidden=${!text} ${messageText(text, { complete: true })}></div>`;
}

function answer(t: Texts, { text }: Message, generating: boolean): TemplateResult {
  const options = { markdown: t.markdown, complete: !generating };
  return html`<div class="text markdown ${generating ? "growing" : ""}" ${messageText(text, options)}></div>`;
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
  if (progress.phase === "restart") return t.restart(progress.bytesDone, progress.bytesTotal);
  return t.vision(loading.phases[progress.phase], progress.bytesDone, progress.bytesTotal);
}

function notes(t: Texts, { speed, paging, cut }: Message): TemplateResult | typeof nothing {
  const cutText = cut && t.conversation.cut[cut];
  const texts = [speed && t.format.tokensPerSecond(speed), hitRateText(t, paging), cutText].filter(Boolean);
  return texts.length ? html`<footer part="notes" class="quiet">${texts.join(" · ")}</footer>` : nothing;
}
