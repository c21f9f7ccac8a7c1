// The class of <scout-chat>: its attributes, methods and events. view.ts renders it.

import { LitElement, type PropertyValues, type TemplateResult } from "lit";
import { property, query } from "lit/decorators.js";
import type { LoadSource } from "../client/engine.js";
import type { Engine } from "../client/index.js";
import type { Paging } from "../protocol.js";
import type { Texts } from "../text/texts.js";
import { Announcer } from "./announcer.js";
import { AutoScroll } from "./auto-scroll.js";
import { BackgroundDownload } from "./background-download.js";
import { type CatalogueModel, catalogue, entryOf, nano } from "./catalogue.js";
import { focusAddress } from "./chooser.js";
import { ConversationController } from "./conversation-controller.js";
import { conversationStyles } from "./conversation-styles.js";
import { EngineOwner } from "./engine-owner.js";
import { emit, type Status } from "./events.js";
import { FileDrop } from "./file-drop.js";
import { FocusKeeper } from "./focus.js";
import { History } from "./history/history.js";
import { isComposing } from "./keyboard.js";
import { ElementLanguage } from "./language.js";
import { bytesToStore, sourceName } from "./loading.js";
import { MessageDraft } from "./message-draft.js";
import { messageStyles } from "./message-styles.js";
import { MessageTools } from "./message-tools.js";
import { MessageWindow } from "./message-window.js";
import { ModelChoice } from "./model-choice.js";
import { modelStyles } from "./model-styles.js";
import { nextFrame } from "./next-frame.js";
import { PagingStatus } from "./paging-status.js";
import { answerSampling } from "./sampling.js";
import { StorageManager } from "./storage-manager.js";
import { styles } from "./styles.js";
import { type ChatActions, chatView } from "./view.js";
import { WakeLock } from "./wake-lock.js";

/** Time that an element may be outside the document without an end of what it does, ms. */
const MOVE_TIME = 1000;

/**
 * A conversation with a model that runs in this browser.
 *
 * Setting `model` loads it, with the vision file that `mmproj` names; removing it unloads it and shows the chooser. An
 * element that never had the attribute starts with Nano, the model that is part of Outrider, and one whose `model` is
 * empty with the chooser. Before a large download the element shows what to expect and asks, unless `preflight` is
 * "off". Rich data is passed by property: `engine` (without one, the element makes its own), `catalogue`, `paging`.
 *
 * docs/api.md lists parts and custom properties.
 *
 * @fires {CustomEvent<{status: Status}>} status-changed - what the element does has changed
 * @fires {CustomEvent<Progress>} load-progress - a load has progressed
 * @fires {CustomEvent<LoadedModel>} model-loaded - a model answers from now on
 * @fires {CustomEvent<{text: string, pictures: number}>} message-sent - a message was sent, with a number of pictures
 * @fires {CustomEvent<{text: string, tokensPerSecond: number | undefined}>} message-received - an answer is complete
 * @fires {CustomEvent<EngineError>} error-raised - an error is shown
 * @slot title - replaces the name in the header
 * @slot intro - above the chooser
 * @slot empty - replaces the greeting of an empty conversation
 */
export class ScoutChat extends LitElement {
  static override styles = [styles, messageStyles, conversationStyles, modelStyles];

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

  /** From 0, which always takes the likeliest token, to 2. Without it, tokens are drawn as suits the model. */
  @property({ type: Number }) temperature: number | null = null;

  /** The most tokens that an answer may have. */
  @property({ type: Number }) maxTokens = 2048;

  /** Whether a download of more than 2 GB waits until the person has seen the preflight report and agreed. */
  @property() preflight: "ask" | "off" = "ask";

  /** The language of the interface, "en" or "fr"; empty follows the browser. */
  @property() override lang = "";

  /** Whether the browser keeps the conversations, with a list of them; one element of a page may have it. */
  @property({ type: Boolean }) history = false;

  /** How the experts of a Llama 4 model are kept; applies to the next load. */
  @property({ attribute: false }) paging: Paging = {};

  /** The models on offer. */
  @property({ attribute: false }) catalogue: readonly CatalogueModel[] = catalogue;

  @query("main") private main!: HTMLElement;

  readonly #engine = new EngineOwner();
  #ending: ReturnType<typeof setTimeout> | undefined;
  /** Loads again what was open when the element had left the document for longer than a move. */
  #resume: (() => void) | undefined;
  readonly #autoScroll = new AutoScroll(() => this.main);
  readonly #focus = new FocusKeeper(this);
  readonly #language = new ElementLanguage(this);
  readonly #fileDrop = new FileDrop(this, (files, handles) => this.#modelChoice.receive(files, handles));
  readonly #pagingStatus = new PagingStatus(this);
  readonly #report = (thrown: unknown): void => this.#conversation.report(thrown);
  readonly #storage = new StorageManager(this, this.#report);
  readonly #background = new BackgroundDownload(this, this.#report);
  readonly #wakeLock = new WakeLock();
  readonly #history = new History({
    controller: () => this.#conversation,
    draft: () => this.#draft,
    clear: () => this.clear(),
    focus: (selector) => this.#focusOn(selector),
    requestUpdate: () => this.requestUpdate(),
  });
  readonly #draft = new MessageDraft({
    requestUpdate: () => {
      this.#history.draftChanged();
      this.requestUpdate();
    },
    check: (url, signal) => this.engine.checkPicture(url, { signal }),
    refused: this.#report,
  });
  readonly #conversation = new ConversationController({
    recorder: this.#history,
    engine: () => this.engine,
    loadSettings: (source) => ({
      paging: this.paging,
      bytes: bytesToStore(source, this.catalogue, this.#storage.models),
      ask: this.preflight !== "off",
    }),
    answerSettings: ({ source, info }) => {
      const entry = entryOf(source, this.catalogue);
      return { system: this.system, ...answerSampling(this.temperature, this.maxTokens, entry, info.sampling) };
    },
    requestUpdate: () => this.requestUpdate(),
    statusChanged: (status) => this.#onStatus(status),
    refused: (text, pictures) => this.#draft.putBack(text, pictures),
    loadEnded: () => void this.refreshStored(),
    emit: (type, detail) => emit(this, type, detail),
  });
  readonly #modelChoice = new ModelChoice(this, {
    model: () => this.#conversation.model,
    unload: () => {
      this.#draft.hold();
      this.#history.stopReading();
      this.#conversation.leave();
    },
    report: this.#report,
  });
  readonly #messageTools = new MessageTools({
    controller: () => this.#conversation,
    busyElsewhere: () => this.#history.busyElsewhere,
    focus: (selector) => this.#focusOn(selector),
    report: this.#report,
    requestUpdate: () => this.requestUpdate(),
  });
  readonly #parts = {
    history: this.#history,
    conversation: this.#conversation,
    draft: this.#draft,
    modelChoice: this.#modelChoice,
    storage: this.#storage,
    messageList: {
      window: new MessageWindow(() => this.requestUpdate()),
      announcer: new Announcer(),
      tools: this.#messageTools,
    },
    autoScroll: this.#autoScroll,
    fileDrop: this.#fileDrop,
    pagingStatus: this.#pagingStatus,
    background: this.#background,
  };
  readonly #actions: ChatActions = {
    clear: () => this.clear(),
    attach: (files) => this.attach(files),
    send: () => void this.send(),
    ask: (question) => void this.#conversation.send(question),
    stop: () => this.stop(),
    enterAddress: () => focusAddress(this.renderRoot),
    report: this.#report,
  };

  constructor() {
    super();
    this.addEventListener("keydown", this.#onKeydown);
  }

  /** The engine that answers. Several elements may share one. A new one starts without a model. */
  @property({ attribute: false })
  get engine(): Engine {
    return this.#engine.get();
  }
  set engine(engine: Engine) {
    if (this.#engine.has(engine)) return;
    this.#dropEngine();
    this.#engine.set(engine);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    clearTimeout(this.#ending);
    this.#storage.start();
    void this.refreshStored();
    this.#resume?.();
    this.#resume = undefined;
  }

  /** An element that is moved in the document is disconnected only for a moment. */
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#ending = setTimeout(() => this.#end(), MOVE_TIME);
  }

  /** Loads a model from a URL, the store or files. Errors are shown, not thrown. */
  async load(source: LoadSource, name = sourceName(source)): Promise<void> {
    await this.#conversation.load(source, name);
  }

  /** Sends a message and streams the answer. Errors are shown, not thrown. */
  async send(text = this.#draft.text): Promise<void> {
    if (!this.#draft.canSend(text, this.#conversation.model) || this.status === "generating") return;
    await this.#conversation.send(text.trim(), this.#draft.take());
  }

  /**
   * Attaches pictures to the message being written. One that cannot be read is removed, with an error that names it.
   */
  attach(pictures: readonly File[]): void {
    this.#conversation.dismissError();
    this.#draft.pictures.add(pictures);
  }

  /** Stops the load or the answer under way. */
  stop(): void {
    this.#conversation.stop();
  }

  /** Starts a new conversation. With `history`, the one before stays in the list. */
  clear(): void {
    this.#history.leave();
    this.#conversation.show();
    this.#history.entered();
    void this.updateComplete.then(() => this.#focus.toInput());
  }

  /** Reads the list of stored models again. */
  async refreshStored(): Promise<void> {
    await this.#storage.refresh();
  }

  /** The texts of the interface. */
  get texts(): Texts {
    return this.#language.texts;
  }

  /** The first render waits for the table of texts. While an answer arrives, there is one render for each frame. */
  override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) this.#language.choose(this.lang);
    await this.#language.loading;
    if (this.status === "generating") await nextFrame();
    super.scheduleUpdate();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!this.hasUpdated && this.catalogue.includes(nano)) this.model ??= nano.id;
    if (changed.has("lang")) this.#language.choose(this.lang);
    if (changed.has("model")) this.#modelChoice.apply();
    if (this.history) void this.#history.start();
    this.#pagingStatus.follow(this.isConnected ? this.#conversation.model : undefined);
  }

  override firstUpdated(): void {
    this.#focus.start();
  }

  get #downloading(): boolean {
    return [this.#conversation, this.#pagingStatus, this.#background].some(({ downloading }) => downloading);
  }

  override updated(changed: PropertyValues<this>): void {
    const { model, messages } = this.#conversation;
    this.#autoScroll.follow(messages.length > 0 ? this.renderRoot.querySelector("[part=messages]") : null);
    if (!model && changed.get("status")) this.main.scrollTop = 0; // what is in place of the conversation has a heading
    this.#focus.update();
    this.#wakeLock.set(this.isConnected && this.#downloading);
  }

  override render(): TemplateResult {
    const { texts, engine, catalogue } = this;
    return chatView({ ...this.#parts, texts, engine, catalogue }, this.#actions);
  }

  #onStatus(status: Status): void {
    this.status = status;
    if (status === "idle") this.#modelChoice.forget();
    else this.#modelChoice.settle();
    if (status === "generating") this.#autoScroll.enable();
    if (status === "ready") this.#draft.modelOpened(this.#conversation.model);
    emit(this, "status-changed", { status });
  }

  /** Ends what is under way and closes the engine if it is the element's own. The conversation stays. */
  #end(): void {
    this.stop();
    this.#background.end();
    this.#pagingStatus.follow(undefined);
    this.#wakeLock.set(false);
    this.#storage.stop();
    if (this.#engine.owned) this.#resume = this.#modelChoice.suspend(() => this.#dropEngine());
  }

  /** Moves the focus to a part of the element, or opens it if it is a dialog, after the next render. */
  async #focusOn(selector: string): Promise<void> {
    await this.updateComplete;
    const target = this.renderRoot.querySelector<HTMLElement>(selector);
    if (target instanceof HTMLDialogElement) target.showModal();
    else target?.focus();
  }

  /** Forgets the engine, and closes it if it is the element's own. */
  #dropEngine(): void {
    this.#conversation.forgetModel();
    this.#engine.drop();
  }

  #onKeydown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && !isComposing(event) && this.status === "generating") this.stop();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "scout-chat": ScoutChat;
  }
}
