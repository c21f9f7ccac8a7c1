// The conversation as the page shows it.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { tokensPerSecond } from "./format.js";
import { thumbnails } from "./thumbnails.js";
import type { Picture } from "./attachments.js";

export interface Message {
  id: number;
  role: "user" | "assistant";
  text: string;
  pictures: readonly Picture[];
  /** What goes on while an answer's next word does not come. */
  activity?: string | undefined;
  /** Tokens a second, while and after an answer is written. */
  speed?: number | undefined;
  /** How often the experts of a paged model were there. */
  found?: string | undefined;
  /** Why an answer is shorter than the model wanted. */
  cut?: "stopped" | "length" | undefined;
}

const cuts = { stopped: "Stopped", length: "Cut: no room left" };

/** busy: the last message is still being written. */
export function messageList(messages: readonly Message[], busy: boolean): TemplateResult {
  return html`
    <div part="messages" class="messages" role="log" aria-label="Conversation" aria-busy=${busy}>
      ${messages.length === 0 ? html`<slot name="empty"><p class="empty">What would you like to know?</p></slot>` : nothing}
      ${repeat(messages, (m) => m.id, (m, i) => message(m, busy && i === messages.length - 1))}
    </div>
  `;
}

function message(m: Message, writing: boolean): TemplateResult {
  const notes = [m.speed && tokensPerSecond(m.speed), m.found, m.cut && cuts[m.cut]].filter(Boolean);
  const activity = writing && m.activity ? html`<p part="activity" class="quiet activity" role="status">${m.activity}</p>` : nothing;
  // Text is pre-wrapped: the markup around it must add no white space.
  return html`
    <article part="message ${m.role}" class="message ${m.role}" aria-label=${m.role === "user" ? "You" : "Answer"}>
      ${thumbnails(m.pictures)}
      ${m.text ? nothing : activity}
      <div class="text" ?hidden=${m.role === "user" && !m.text}>${m.text}${writing ? html`<span class="caret" aria-hidden="true"></span>` : nothing}</div>
      ${m.text ? activity : nothing}
      ${notes.length ? html`<footer part="notes" class="quiet">${notes.join(" · ")}</footer>` : nothing}
    </article>
  `;
}
