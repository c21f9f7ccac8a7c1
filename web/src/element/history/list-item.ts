// One conversation in the list.

import { html, nothing, type TemplateResult } from "lit";
import type { ConversationRecord } from "../../conversation/records.js";
import { titleOf } from "../../conversation/records.js";
import type { Texts } from "../../text/texts.js";
import { icons } from "../icons.js";

/** What an item calls. */
export interface ItemActions {
  open(id: string): void;
  /** Shows or hides the actions. */
  expand(id: string): void;
  startRenaming(id: string): void;
  rename(id: string, title: string): void;
  pin(id: string, pinned: boolean): void;
  saveJSON(id: string): void;
  saveMarkdown(id: string): void;
  askToDelete(record: ConversationRecord): void;
}

/** How an item is shown. */
export interface ItemState {
  /** The conversation is open. */
  current: boolean;
  /** Its actions are shown. */
  expanded: boolean;
  /** Its title is edited. */
  renamed: boolean;
}

type Words = Texts["history"];

/** Returns the title of a conversation; one without messages has the words of its draft. */
export function shownTitle({ title, draft }: ConversationRecord, t: Words): string {
  return title || t.draft(titleOf(draft?.text ?? ""));
}

/** Renders an item. */
export function item(t: Words, record: ConversationRecord, shown: ItemState, actions: ItemActions): TemplateResult {
  const { id } = record;
  const title = shownTitle(record, t);
  const more = t.actions(title);
  return html`
    <li data-id=${id} class=${shown.current ? "current" : ""}>
      <div class="row">
        ${shown.renamed ? titleForm(t, record, actions) : titleButton(title, record, shown, actions)}
        <button class="icon more" aria-label=${more} title=${more} aria-expanded=${shown.expanded}
          @click=${() => actions.expand(id)}>${icons.more}</button>
      </div>
      ${shown.expanded && !shown.renamed ? actionButtons(t, record, actions) : nothing}
    </li>
  `;
}

function titleButton(title: string, { id }: ConversationRecord, { current }: ItemState, actions: ItemActions) {
  return html`<button class="title" dir="auto" title=${title} aria-current=${current ? "true" : nothing}
    @click=${() => actions.open(id)}>${title}</button>`;
}

function titleForm(t: Words, { id, title }: ConversationRecord, actions: ItemActions): TemplateResult {
  const submit = (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    actions.rename(id, form.querySelector("input")!.value);
  };
  return html`
    <form @submit=${submit} @focusout=${submit}>
      <input name="title" dir="auto" aria-label=${t.titleLabel} .value=${title} autocomplete="off" />
    </form>
  `;
}

function actionButtons(t: Words, record: ConversationRecord, actions: ItemActions): TemplateResult {
  const { id, pinned, title } = record;
  const button = (label: string, run: () => void) => html`<button class="link" @click=${run}>${label}</button>`;
  const ofMessages = html`
    ${button(t.rename, () => actions.startRenaming(id))}
    ${button(pinned ? t.unpin : t.pin, () => actions.pin(id, !pinned))}
    ${button(t.exportMarkdown, () => actions.saveMarkdown(id))}
    ${button(t.exportJSON, () => actions.saveJSON(id))}
  `;
  return html`
    <div class="item-actions" role="group" aria-label=${t.actions(title)}>
      ${title ? ofMessages : nothing} ${button(t.delete, () => actions.askToDelete(record))}
    </div>
  `;
}
