// What can be done with a message: copy, edit, repeat, continue, delete, and a choice among its branches.

import { html, nothing, type TemplateResult } from "lit";
import type { Place } from "../conversation/conversation.js";
import type { Message } from "../conversation/message.js";
import type { Texts } from "../text/texts.js";
import { icons } from "./icons.js";

/** What the buttons of a message call. */
export interface MessageActions {
  copy(message: Message): void;
  /** Begins to edit a question. */
  edit(id: string): void;
  /** Sends an edited question. */
  resend(id: string, text: string): void;
  /** Ends editing without a change. */
  cancelEdit(): void;
  regenerate(id: string): void;
  continue(): void;
  /** Shows another branch; arrow is the button that was pressed. */
  select(id: string, arrow: "previous" | "next"): void;
  /** Asks whether to delete a message and those after it. */
  askToDelete(id: string): void;
}

/** What is known of a message besides its content. */
export interface MessageState {
  /** Its place among its branches, if it has some. */
  readonly place: Place | undefined;
  /** It is the last one of the branch that is shown. */
  readonly last: boolean;
  /** Whether a model is open that could answer, and does not at the moment. */
  readonly answerable: boolean;
  /** Another tab is writing an answer in this conversation. */
  readonly busyElsewhere: boolean;
  /** Its text was copied a moment ago. */
  readonly copied: boolean;
}

/** Renders the buttons of a message. */
export function messageActions(t: Texts, m: Message, state: MessageState, actions: MessageActions): TemplateResult {
  const { message: words } = t;
  const copied = state.copied
    ? button("copy", words.copied, icons.check, () => actions.copy(m))
    : button("copy", words.copy, icons.copy, () => actions.copy(m));
  const again =
    m.role === "user"
      ? button("edit", words.edit, icons.pen, () => actions.edit(m.id))
      : button("regenerate", words.regenerate, icons.again, () => actions.regenerate(m.id));
  const resumable = m.role === "assistant" && m.cut && m.cut !== "length" && state.last && !state.busyElsewhere;
  return html`
    <div class="message-actions" role="group" aria-label=${words.actions} data-message=${m.id}>
      ${state.place ? branchButtons(words, state.place, actions) : nothing}
      ${
        resumable && state.answerable
          ? html`<button part="continue" class="link" @click=${actions.continue}>${words.continue}</button>`
          : nothing
      }
      ${copied}
      ${state.answerable ? again : nothing}
      ${button("delete", words.delete, icons.trash, () => actions.askToDelete(m.id))}
    </div>
  `;
}

function button(part: string, label: string, icon: TemplateResult, run: () => void): TemplateResult {
  return html`<button part=${part} class="icon" aria-label=${label} title=${label} @click=${run}>${icon}</button>`;
}

function branchButtons(words: Texts["message"], { index, ids }: Place, { select }: MessageActions): TemplateResult {
  const arrow = (part: "previous" | "next", to: number, label: string) =>
    html`<button part=${part} class="icon" aria-label=${label} title=${label} ?disabled=${ids[to] === undefined}
      @click=${() => select(ids[to]!, part)}>${icons[part]}</button>`;
  return html`
    <span part="branches" class="branches">
      ${arrow("previous", index - 1, words.previousBranch)}
      <span class="figures" aria-label=${words.branch(index + 1, ids.length)}>${index + 1}/${ids.length}</span>
      ${arrow("next", index + 1, words.nextBranch)}
    </span>
  `;
}

/** Renders a question while it is edited. */
export function messageEditor(t: Texts, m: Message, actions: MessageActions): TemplateResult {
  const { message: words } = t;
  const text = (event: Event) => (event.currentTarget as HTMLElement).closest("form")!.querySelector("textarea")!.value;
  const send = (event: Event) => {
    event.preventDefault();
    if (text(event).trim()) actions.resend(m.id, text(event).trim());
  };
  const keydown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Escape") actions.cancelEdit();
    else if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    else send(event);
    event.stopPropagation();
  };
  return html`
    <form class="edit" @submit=${send} @keydown=${keydown}>
      <textarea part="editor" dir="auto" aria-label=${words.edit} .value=${m.text}></textarea>
      <div class="actions">
        <button class="soft" type="button" @click=${actions.cancelEdit}>${words.cancel}</button>
        <button class="main">${words.resend}</button>
      </div>
    </form>
  `;
}
