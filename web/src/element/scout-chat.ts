// The class of <scout-chat>: its attributes, methods and events, and the view around the conversation.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";
import type { LoadSource } from "../client/engine.js";
import { createEngine, type Engine } from "../client/index.js";
import type { Paging } from "../protocol.js";
import { Attachments, sortFiles } from "./attachments.js";
import { AutoScroll } from "./auto-scroll.js";
import { type CatalogueModel, catalogue, nano } from "./catalogue.js";
import { chooser, focusAddress } from "./chooser.js";
import { composer, type Draft } from "./composer.js";
import { ConversationController } from "./conversation-controller.js";
import { type ErrorAction, errorActions } from "./error-actions.js";
import { emit, type Status } from "./events.js";
import { FileDrop } from "./file-drop.js";
import { modelName } from "./format.js";
import { header } from "./header.js";
import { bytesToStore, type LoadSettings, requestPersistence, sourceName } from "./loading.js";
import { loadingNotice } from "./loading-notices.js";
import { importFiles } from "./local-files.js";
import { messageList } from "./messages.js";
import { errorNotice, warningNotices } from "./notices.js";
import { PagingStatus } from "./paging-status.js";
import { StorageManager } from "./storage-manager.js";
import { deleteQuestion, storageView } from "./storage-view.js";
import { styles } from "./styles.js";
import { WakeLock } from "./wake-lock.js";

/**
 * A conversation with a model that runs in this browser.
 *
 * Setting `model` loads it, with the vision file that `mmproj` names; removing it unloads it and shows the chooser. An
 * element that never had the attribute starts with Nano, the model that is part of Outrider, and one whose `model` is
 * empty with the chooser. Before a large download the element shows what to expect and asks, unless `preflight` is
 * "off". Rich data is passed by property: `engine` (without one, the element makes its own), `catalogue`, `paging`.
 *
 * @fires status-changed - {status}
 * @fires load-progress - the progress of a load
 * @fires model-loaded - {id, name, architecture, contextLength, bytes, warnings}
 * @fires message-sent - {text, pictures}
 * @fires message-received - {text, tokensPerSecond}
 * @fires error-raised - an EngineError: {code, message, retryable}
 * @slot title - replaces the name in the header
 * @slot intro - above the chooser
 * @slot empty - replaces the greeting of an empty conversation
 * Parts and custom properties are listed in docs/api.md.
 */
export class ScoutChat extends LitElement {
  static override styles = styles;

  /** A catalogue id, the URL of a GGUF file, or the id of a stored model. */
  @property({ reflect: true }) model: string | null = null;

  /** The URL of the vision file of a model that reads pictures. */
  @property({ reflect: true }) mmproj: string | null = null;

  /** The published SHA-256 of the model's file, as in HTML (`sha256-` and base64) or in hex. */
  @property() integrity: string | null = null;

  /** What the element does; it writes it. */
  @property({ reflect: true }) status: Status = "idle";

  /** The system prompt, which precedes every conversation. */
  @property() system: string | null = null;

  /** From 0, which always takes the likeliest token, to 2. */
  @property({ type: Number }) temperature = 0;

  /** Whether a download of more than 2 GB waits until the person has seen the preflight report and agreed. */
  @property() preflight: "ask" | "off" = "ask";

  /** How the experts of a Llama 4 model are kept; applies to the next load. */
  @property({ attribute: false }) paging: Paging = {};

  /** The models on offer. */
  @property({ attribute: false }) catalogue: readonly CatalogueModel[] = catalogue;

  @state() private draft = "";

  @query("main") private main!: HTMLElement;
  @query("textarea") private input!: HTMLTextAreaElement;

  #engine: Engine | undefined;
  #ownsEngine = false;
  /** The value of `model` that has been loaded, or whose load has begun. */
  #appliedModel: string | null = null;
  readonly #autoScroll = new AutoScroll(() => this.main);
  readonly #fileDrop = new FileDrop(this, (files, handles) => this.#receive(files, handles));
  readonly #pagingStatus = new PagingStatus(this);
  readonly #report = (thrown: unknown): void => this.#conversation.report(thrown);
  readonly #storage = new StorageManager(this, this.#report);
  readonly #wakeLock = new WakeLock();
  readonly #attachments = new Attachments({
    requestUpdate: () => this.requestUpdate(),
    check: (url, signal) => this.engine.checkPicture(url, { signal }),
    refused: this.#report,
  });
  readonly #conversation = new ConversationController({
    engine: () => this.engine,
    loadSettings: (source) => this.#loadSettings(source),
    answerSettings: () => ({ system: this.system, temperature: this.temperature }),
    requestUpdate: () => this.requestUpdate(),
    statusChanged: (status) => this.#onStatus(status),
    loadEnded: () => void this.refreshStored(),
    emit: (type, detail) => emit(this, type, detail),
  });

  constructor() {
    super();
    this.addEventListener("keydown", this.#onKeydown);
  }

  /** The engine that answers. Several elements may share one. A new one starts without a model. */
  @property({ attribute: false })
  get engine(): Engine {
    if (!this.#engine) [this.#engine, this.#ownsEngine] = [createEngine(), true];
    return this.#engine;
  }
  set engine(engine: Engine) {
    if (engine === this.#engine) return;
    this.#dropEngine();
    [this.#engine, this.#ownsEngine] = [engine, false];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#storage.start();
    void this.refreshStored();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
    this.#pagingStatus.follow(undefined);
    this.#wakeLock.set(false);
    this.#storage.stop();
    if (this.#ownsEngine) this.#dropEngine();
  }

  /** Loads a model from a URL, the store or files. Errors are shown, not thrown. */
  async load(source: LoadSource, name = sourceName(source)): Promise<void> {
    await this.#conversation.load(source, name);
  }

  /** Sends a message and streams the answer. Errors are shown, not thrown. */
  async send(text = this.draft): Promise<void> {
    text = text.trim();
    if (!this.#canSend(text) || this.status === "generating") return;
    this.draft = "";
    await this.#conversation.send(text, this.#attachments.take());
  }

  /**
   * Attaches pictures to the message being written. One that cannot be read is removed, with an error that names it.
   */
  attach(pictures: readonly File[]): void {
    this.#conversation.dismissError();
    this.#attachments.add(pictures);
  }

  /** Stops the load or the answer under way. */
  stop(): void {
    this.#conversation.stop();
  }

  /** Starts a new conversation. The message being written is deleted. */
  clear(): void {
    this.#attachments.clear();
    this.#conversation.show();
    this.#focusInput();
  }

  /** Reads the list of stored models again. */
  async refreshStored(): Promise<void> {
    await this.#storage.refresh();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!this.hasUpdated && this.catalogue.includes(nano)) this.model ??= nano.id;
    if (changed.has("model") && this.model !== this.#appliedModel) this.#applyModel();
    this.#pagingStatus.follow(this.isConnected ? this.#conversation.model : undefined);
  }

  override updated(): void {
    if (this.#conversation.messages.length > 0) this.#autoScroll.update();
    this.#wakeLock.set(this.isConnected && (this.#conversation.downloading || this.#pagingStatus.downloading));
  }

  override render(): TemplateResult {
    return html`
      ${this.#header()}
      <main @scroll=${this.#autoScroll.onScroll}><div class="column">${this.#body()}</div></main>
      <div class="foot column">${this.#pagingStatus.view()}${this.#composer()}</div>
      ${this.#fileDrop.view(this.#conversation.model !== undefined)} ${deleteQuestion(this.#storage)}
    `;
  }

  #header(): TemplateResult {
    const { model, messages } = this.#conversation;
    return header(model?.name, messages.length === 0, { leave: () => this.#leave(), clear: () => this.clear() });
  }

  #body(): TemplateResult {
    const { state, model, messages, error, retry } = this.#conversation;
    if (state.status === "loading") return loadingNotice(state.work);
    const notice = error ? errorNotice(error, retry, this.#errorActions()) : nothing;
    if (!model) return html`${notice}${this.#chooser()}`;
    const list = messageList(messages, state.status === "generating");
    return html`${warningNotices(model.info.warnings)}${list}${notice}`;
  }

  #chooser(): TemplateResult {
    const { models: stored, downloadsElsewhere } = this.#storage;
    const actions = {
      choose: (model: string, mmproj?: string) => this.#choose(model, mmproj),
      open: (files: File[]) => this.#open(files),
      openInPlace: (handles: FileSystemFileHandle[]) => void this.#openInPlace(handles),
      delete: (id: string) => void this.#storage.askToDelete(id),
      report: this.#report,
    };
    return chooser({ offered: this.catalogue, stored, downloadsElsewhere }, actions, storageView(this.#storage));
  }

  #errorActions(): ErrorAction[] {
    return errorActions(this.#conversation.failure, {
      engine: this.engine,
      dismiss: () => this.#conversation.dismissError(),
      enterAddress: () => focusAddress(this.renderRoot),
      freeSpace: () => void this.#storage.suggest(),
      report: this.#report,
    });
  }

  #composer(): TemplateResult {
    return composer(this.#shownDraft(), this.status, {
      edit: (text) => (this.draft = text),
      attach: (files) => this.attach(files),
      remove: (id) => this.#attachments.remove(id),
      send: () => void this.send(),
      stop: () => this.stop(),
    });
  }

  #shownDraft(): Draft {
    const { model } = this.#conversation;
    return {
      text: this.draft,
      pictures: this.#attachments.pictures,
      enabled: model !== undefined,
      vision: model?.info.vision ?? false,
      sendable: this.#canSend(this.draft.trim()),
    };
  }

  /** Reports whether there is a model, and a message for it whose pictures are checked. */
  #canSend(text: string): boolean {
    const { pictures, allChecked } = this.#attachments;
    return this.#conversation.model !== undefined && allChecked && (text !== "" || pictures.length > 0);
  }

  #loadSettings(source: LoadSource): LoadSettings {
    const bytes = bytesToStore(source, this.catalogue, this.#storage.models);
    return { paging: this.paging, bytes, ask: this.preflight !== "off" };
  }

  #onStatus(status: Status): void {
    this.status = status;
    if (status === "idle") this.#forgetAppliedModel();
    if (status === "generating") this.#autoScroll.enable();
    if (status === "ready") this.#focusInput();
    emit(this, "status-changed", { status });
  }

  /** Removes the attribute of a model that is not open any more, unless it names another by now. */
  #forgetAppliedModel(): void {
    if (this.model === this.#appliedModel) this.model = null;
    this.#appliedModel = null;
  }

  #focusInput(): void {
    void this.updateComplete.then(() => this.input?.focus());
  }

  /** Acts on a new value of `model`. */
  #applyModel(): void {
    this.#appliedModel = this.model;
    if (this.model) void this.#loadNamed(this.model);
    else this.#leave();
  }

  #choose(model: string, mmproj?: string): void {
    requestPersistence();
    if (model !== this.model) this.integrity = null;
    this.mmproj = mmproj || null;
    if (model === this.model) void this.#loadNamed(model);
    else this.model = model;
  }

  /** Loads a model by its catalogue id, its URL or its id in the store, with the vision file that `mmproj` names. */
  #loadNamed(model: string): Promise<void> {
    const entry = this.catalogue.find(({ id }) => id === model);
    const [mmproj, integrity] = [this.mmproj ?? entry?.mmproj ?? null, this.integrity ?? undefined];
    return this.load({ model: entry?.url ?? model, mmproj, integrity }, entry?.name ?? modelName(model));
  }

  #open(files: File[]): void {
    this.#appliedModel = this.model = this.mmproj = this.integrity = null;
    void this.load(files);
  }

  /** Opens files on the disk without a copy. */
  async #openInPlace(handles: FileSystemFileHandle[]): Promise<void> {
    const imported = await importFiles(this.engine, handles).catch(this.#report);
    if (imported) this.#choose(imported.model, imported.mmproj);
  }

  /** Unloads the model and shows the chooser. */
  #leave(): void {
    this.mmproj = this.integrity = null;
    this.#attachments.clear();
    this.#conversation.leave();
  }

  /** Forgets the engine, and closes it if it is the element's own. */
  #dropEngine(): void {
    this.#conversation.forgetModel();
    if (this.#ownsEngine) this.#engine?.close();
    this.#engine = undefined;
  }

  #onKeydown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.status === "generating") this.stop();
  };

  /** Opens model files, in place if they have handles. Others are attached as pictures if a model is open. */
  #receive(files: File[], handles: FileSystemFileHandle[]): void {
    const { models, pictures } = sortFiles(files);
    if (models.length && handles.length) void this.#openInPlace(handles);
    else if (models.length || (pictures.length && !this.#conversation.model)) this.#open(files);
    else this.attach(pictures);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "scout-chat": ScoutChat;
  }
}
