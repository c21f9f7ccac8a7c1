// The list of stored conversations: <scout-history>, a part of <scout-chat> that is loaded when it is first shown.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { ConversationRecord } from "../../conversation/records.js";
import type { ConversationStore } from "../../conversation/store.js";
import { ImportError } from "../../conversation/transfer.js";
import type { Texts } from "../../text/texts.js";
import { icons } from "../icons.js";
import { importFile, saveJSON, saveMarkdown } from "./files.js";
import { groupByDay } from "./groups.js";
import { type ItemActions, item, shownTitle } from "./list-item.js";
import { listStyles } from "./list-styles.js";

/** Time after the last key until the search begins, ms. */
const SEARCH_DELAY = 150;

/** What the list calls. */
export interface ListActions {
  open(id: string): void;
  create(): void;
  hide(): void;
}

/** The list of conversations, with what can be done with each. */
export class HistoryList extends LitElement {
  static override styles = listStyles;

  /** The texts of the interface. */
  @property({ attribute: false }) texts!: Texts;
  /** The conversations. */
  @property({ attribute: false }) store!: ConversationStore;
  /** Id of the conversation that is open. */
  @property({ attribute: false }) current = "";
  /** Whether the list covers the conversation. */
  @property({ attribute: false }) covers = false;
  /** What the list calls. */
  @property({ attribute: false }) actions!: ListActions;

  @state() private records: readonly ConversationRecord[] = [];
  @state() private search = "";
  @state() private found: ReadonlySet<string> | undefined;
  /** Id of the conversation whose actions are shown, and of the one whose title is edited. */
  @state() private expanded: string | undefined;
  @state() private renamed: string | undefined;
  /** The conversation that the person is asked whether to delete. */
  @state() private asked: ConversationRecord | undefined;
  @state() private message = "";

  @query("dialog") private dialog!: HTMLDialogElement | null;
  @query("input[type=file]") private fileInput!: HTMLInputElement;
  @query("input[name=title]") private titleInput!: HTMLInputElement | null;

  #stopListening = (): void => {};
  #searchTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.addEventListener("keydown", this.#onKeydown);
    this.addEventListener("focusout", this.#onFocusOut);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("store")) return;
    this.#stopListening();
    this.#stopListening = this.store.listen(() => void this.#refresh());
    void this.#refresh();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopListening();
    clearTimeout(this.#searchTimer);
  }

  override firstUpdated(): void {
    if (this.covers) this.renderRoot.querySelector("button")?.focus();
  }

  override updated(changed: PropertyValues): void {
    if (changed.has("asked")) this.dialog?.showModal();
    if (changed.has("renamed")) this.titleInput?.select();
  }

  override render(): TemplateResult {
    const { history: t } = this.texts;
    return html`
      <nav aria-label=${t.label}>
        <div class="top">
          <button class="soft" @click=${() => this.actions.create()}>${icons.pen}${t.new}</button>
          <button class="icon" aria-label=${t.hide} title=${t.hide}
            @click=${() => this.actions.hide()}>${icons.cross}</button>
        </div>
        <input type="search" aria-label=${t.search} placeholder=${t.search} @input=${this.#onSearch} />
        <div class="list">${this.#groups()}</div>
        ${this.#foot()}
      </nav>
      ${this.covers ? html`<div class="cover" @click=${() => this.actions.hide()}></div>` : nothing}
      ${this.#question()}
    `;
  }

  #groups(): TemplateResult | TemplateResult[] {
    const { history: t, language } = this.texts;
    const shown = this.records.filter(({ id }) => this.found?.has(id) ?? true);
    if (shown.length === 0) return html`<p class="quiet" role="status">${this.found ? t.noMatch : t.none}</p>`;
    return groupByDay(shown, t, language, Date.now()).map(
      ({ heading, records }) => html`
        <h2>${heading}</h2>
        <ul>${repeat(
          records,
          ({ id }) => id,
          (record) => this.#item(record),
        )}</ul>
      `,
    );
  }

  #item(record: ConversationRecord): TemplateResult {
    const { id } = record;
    const shown = { current: id === this.current, expanded: id === this.expanded, renamed: id === this.renamed };
    return item(this.texts.history, record, shown, this.#itemActions);
  }

  #foot(): TemplateResult {
    const { history: t } = this.texts;
    const pick = (event: Event) => {
      const input = event.target as HTMLInputElement;
      if (input.files?.[0]) void this.#import(input.files[0]);
      input.value = ""; // the same file may be picked again
    };
    return html`
      <div class="foot">
        <p class="quiet" role="status">${this.message}</p>
        <button class="link" ?disabled=${this.records.length === 0}
          @click=${() => void this.#try(saveJSON(this.store))}>${t.exportAll}</button>
        <button class="link" @click=${() => this.fileInput.click()}
          >${t.import}</button>
        <input type="file" accept=".json,application/json" hidden @change=${pick} />
      </div>
    `;
  }

  #question(): TemplateResult | typeof nothing {
    const { history: t } = this.texts;
    if (!this.asked) return nothing;
    return html`
      <dialog aria-labelledby="question" @close=${() => (this.asked = undefined)}>
        <h2 id="question">${t.deleteHeading(shownTitle(this.asked, t))}</h2>
        <p class="quiet">${t.deleteText}</p>
        <div class="actions">
          <button class="soft" autofocus @click=${() => this.dialog?.close()}>${t.keep}</button>
          <button class="main" @click=${this.#delete}>${t.delete}</button>
        </div>
      </dialog>
    `;
  }

  readonly #itemActions: ItemActions = {
    open: (id) => this.actions.open(id),
    expand: (id) => (this.expanded = id === this.expanded ? undefined : id),
    startRenaming: (id) => (this.renamed = id),
    rename: (id, title) => {
      if (id !== this.renamed) return;
      this.#collapse(id);
      void this.#try(this.store.rename(id, title));
    },
    pin: (id, pinned) =>
      void this.#try(this.store.pin(id, pinned).then(() => this.#refresh())).then(() => this.#focusItem(id)),
    saveJSON: (id) => void this.#try(saveJSON(this.store, id)),
    saveMarkdown: (id) => void this.#try(saveMarkdown(this.store, id, this.texts.history)),
    askToDelete: (record) => (this.asked = record),
  };

  #delete = async (): Promise<void> => {
    const { id } = this.asked!;
    this.dialog?.close();
    const shown = [...this.renderRoot.querySelectorAll<HTMLElement>("li")].map((li) => li.dataset.id!);
    await this.#try(this.store.delete(id).then(() => this.#refresh()));
    this.#focusItem(shown[shown.indexOf(id) + 1] ?? shown[shown.indexOf(id) - 1]);
  };

  async #import(file: File): Promise<void> {
    const { history: t } = this.texts;
    try {
      this.message = t.imported(await importFile(this.store, file));
    } catch (error) {
      if (!(error instanceof ImportError)) this.message = t.failed;
      else this.message = t.importProblems[error.problem](file.name, error.position);
    }
  }

  async #try(work: Promise<void>): Promise<void> {
    await work.catch(() => (this.message = this.texts.history.failed));
  }

  async #refresh(): Promise<void> {
    this.records = await this.store.list().catch(() => this.records);
    if (this.found) await this.#find();
  }

  async #find(): Promise<void> {
    const text = this.search.trim();
    const found = text ? await this.store.search(text).catch(() => undefined) : undefined;
    if (text === this.search.trim()) this.found = found;
  }

  #onSearch = (event: Event): void => {
    this.search = (event.target as HTMLInputElement).value;
    clearTimeout(this.#searchTimer);
    this.#searchTimer = setTimeout(() => void this.#find(), SEARCH_DELAY);
  };

  /** Hides the actions and the input of an item, and moves the focus to it. */
  #collapse(id: string): void {
    this.renamed = this.expanded = undefined;
    this.#focusItem(id);
  }

  /** Moves the focus to the title of an item; to the first button if there is none. */
  async #focusItem(id: string | undefined): Promise<void> {
    await this.updateComplete;
    const title = id && this.renderRoot.querySelector<HTMLElement>(`li[data-id="${id}"] .title`);
    (title || this.renderRoot.querySelector<HTMLElement>("button"))?.focus();
  }

  #onKeydown = (event: KeyboardEvent): void => {
    const id = this.renamed ?? this.expanded;
    if (event.key !== "Escape" || event.isComposing || this.asked || !(id || this.covers)) return;
    event.stopPropagation(); // it does not stop an answer as well
    if (id) this.#collapse(id);
    else this.actions.hide();
  };

  /** A list that covers the conversation hides when the focus leaves it. */
  #onFocusOut = ({ relatedTarget }: FocusEvent): void => {
    if (this.covers && relatedTarget && !this.renderRoot.contains(relatedTarget as Node)) this.actions.hide();
  };
}

if (!customElements.get("scout-history")) customElements.define("scout-history", HistoryList);
