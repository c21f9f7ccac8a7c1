import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";
import { createEngine, EngineError, type Engine } from "../client/index.js";
import type { ChatMessage } from "../client/openai.js";
import type { LoadSource } from "../client/engine.js";
import { unexpected } from "../errors.js";
import type { ChatProgress, LoadedModel, Paging, StoredModel } from "../protocol.js";
import { about, Attachments, contentOf, release, sortFiles, type Picture } from "./attachments.js";
import { catalogue, nano, type CatalogueModel } from "./catalogue.js";
import { chooser } from "./chooser.js";
import { composer, type Draft } from "./composer.js";
import { emit, type Status } from "./events.js";
import { Following } from "./following.js";
import { modelName } from "./format.js";
import { icons } from "./icons.js";
import { Intake } from "./intake.js";
import { bytesToMove, Loading, sourceName } from "./loading.js";
import { messageList, type Message } from "./messages.js";
import { activity as activityOf, errorNotice, warningNotices } from "./notices.js";
import { hitRate, PagingWatch } from "./paging.js";
import { styles } from "./styles.js";

/**
 * A conversation with a model that runs in this browser.
 *
 * Setting `model` loads it, with the vision file that `mmproj` names; removing it goes back to the chooser. An element that
 * never had one begins with the model that comes with Outrider, and with the chooser if `model` is empty. Before a large
 * download the element says what to expect and asks, unless `preflight` is "off". Rich data goes in by property: `engine`
 * (one is made when none is given), `catalogue` and `paging`.
 *
 * @fires status-changed - {status}
 * @fires load-progress - {phase, bytesDone, bytesTotal}
 * @fires model-loaded - {id, name, architecture, contextLength, bytes, warnings}
 * @fires message-sent - {text}
 * @fires message-received - {text, tokensPerSecond}
 * @fires error-raised - an EngineError: {code, message, retryable}
 * @slot title - replaces the name in the head
 * @slot intro - above the chooser
 * @slot empty - instead of the greeting of an empty conversation
 * @csspart head, chooser, choice, stored, preflight, sentence, agree, decline, progress, error, messages, message, user,
 *   assistant, notes, activity, paging, thumbnails, thumbnail, attach, input, send, stop
 * @cssprop --scout-accent, --scout-on-accent, --scout-surface, --scout-raised, --scout-line, --scout-text,
 *   --scout-quiet, --scout-danger, --scout-radius, --scout-width, --scout-font
 */
export class ScoutChat extends LitElement {
  static override styles = styles;

  /** A catalogue id, the URL of a GGUF file, or the id of a stored model. */
  @property({ reflect: true }) model: string | null = null;

  /** The URL of the vision file of a model that can look at pictures. */
  @property({ reflect: true }) mmproj: string | null = null;

  /** What the element is doing. Written by the element only. */
  @property({ reflect: true }) status: Status = "idle";

  /** Text that goes before the conversation, as the system's. */
  @property() system: string | null = null;

  /** 0 always takes the likeliest token; up to 2. */
  @property({ type: Number }) temperature = 0;

  /** Whether a download of more than 2 GB waits until a person has seen what to expect of it. */
  @property() preflight: "ask" | "off" = "ask";

  /** How the experts of a mixture are kept, from the next load on. */
  @property({ attribute: false }) paging: Paging = {};

  /** The models the chooser offers. */
  @property({ attribute: false }) catalogue: readonly CatalogueModel[] = catalogue;

  @state() private messages: readonly Message[] = [];
  @state() private draft = "";
  @state() private loaded: LoadedModel | undefined;
  @state() private stored: readonly StoredModel[] = [];
  @state() private error: EngineError | undefined;

  @query("main") private scroller!: HTMLElement;
  @query("textarea") private input!: HTMLTextAreaElement;

  #engine: Engine | undefined;
  #ownsEngine = false;
  #loading: Loading | undefined;
  readonly #watch = new PagingWatch(this);
  #work: AbortController | undefined;
  #retry: (() => void) | undefined;
  #nextMessage = 1;
  /** The value of `model` that has been acted on. */
  #shown: string | null = null;
  readonly #following = new Following(() => this.scroller);
  readonly #intake = new Intake(this, (files) => this.#receive(files));
  readonly #attachments = new Attachments({
    requestUpdate: () => this.requestUpdate(),
    check: (url, signal) => this.engine.checkPicture(url, { signal }),
    refused: (name, reason) => this.#fail(about(name, reason), () => {}),
  });

  constructor() {
    super();
    this.addEventListener("keydown", this.#onKeydown);
  }

  /** The engine that answers. Several elements may share one. */
  @property({ attribute: false })
  get engine(): Engine {
    if (!this.#engine) [this.#engine, this.#ownsEngine] = [createEngine(), true];
    return this.#engine;
  }
  set engine(engine: Engine) {
    if (this.#ownsEngine) this.#engine?.close();
    [this.#engine, this.#ownsEngine] = [engine, false];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.refreshStored();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
    this.#watch.stop();
    if (!this.#ownsEngine) return;
    this.#engine?.close();
    this.#engine = this.loaded = undefined;
  }

  /** Loads a model from a URL, the store or files. Trouble is shown, not thrown. */
  async load(source: LoadSource, name = sourceName(source)): Promise<void> {
    this.stop();
    this.#watch.stop();
    const wanted = { source, name, bytes: bytesToMove(source, this.catalogue, this.stored), paging: this.paging, ask: this.preflight !== "off" };
    const loading = new Loading(this, { ...wanted, onProgress: (progress) => emit(this, "load-progress", progress) });
    this.#loading = loading;
    this.#work = this.loaded = undefined;
    this.#enter("loading");
    try {
      const loaded = await loading.run();
      if (loading !== this.#loading) return;
      this.loaded = loaded;
      this.#watch.start();
      this.#enter("ready");
      emit(this, "model-loaded", loaded);
    } catch (thrown) {
      if (loading === this.#loading) this.#fail(thrown, () => void this.load(source, name));
    }
    void this.refreshStored();
  }

  /** Sends a message and streams the answer. Trouble is shown, not thrown. */
  async send(text = this.draft): Promise<void> {
    text = text.trim();
    const attached = this.#attachments;
    if ((!text && attached.pictures.length === 0) || !attached.settled || !this.loaded || this.status === "generating") return;
    this.draft = "";
    const message = this.#message("user", text, attached.take());
    this.messages = [...this.messages, message];
    emit(this, "message-sent", { text, pictures: message.pictures.length });
    await this.#answer();
  }

  /** Attaches pictures to the message being written. One that cannot be read is refused by name. */
  attach(pictures: readonly File[]): void {
    this.error = undefined;
    this.#attachments.add(pictures);
  }

  /** Stops the load or the answer under way. */
  stop(): void {
    this.#loading?.cancel();
    this.#work?.abort();
  }

  /** Forgets the conversation. */
  clear(): void {
    this.stop();
    this.#forget();
    this.error = undefined;
    if (this.loaded) this.#enter("ready");
    this.updateComplete.then(() => this.input?.focus());
  }

  /** Asks the engine again which models are stored. */
  async refreshStored(): Promise<void> {
    try {
      this.stored = await this.engine.models();
    } catch {
      this.stored = []; // the same trouble will be shown when a model is loaded
    }
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!this.hasUpdated && this.catalogue.includes(nano)) this.model ??= nano.id;
    if (!changed.has("model") || this.model === this.#shown) return;
    this.#shown = this.model;
    if (this.model) void this.#loadShown(this.model);
    else this.#leave();
  }

  override updated(): void {
    if (this.messages.length > 0) this.#following.update();
  }

  override render(): TemplateResult {
    return html`
      ${this.#head()}
      <main @scroll=${this.#following.onScroll}><div class="column">${this.#body()}</div></main>
      <div class="foot column">
        ${this.#watch.view()}
        ${composer(this.#composed(), this.status, {
          edit: (text) => (this.draft = text),
          attach: (files) => this.attach(files),
          remove: (id) => this.#attachments.remove(id),
          send: () => void this.send(),
          stop: () => this.stop(),
        })}
      </div>
      ${this.#intake.dropping ? html`<div class="drop">${this.loaded ? "Drop pictures to attach them" : "Drop GGUF files to open them"}</div>` : nothing}
    `;
  }

  #composed(): Draft {
    const { pictures, settled } = this.#attachments;
    const enabled = this.loaded !== undefined;
    const sendable = enabled && settled && (this.draft.trim() !== "" || pictures.length > 0);
    return { text: this.draft, pictures, enabled, vision: this.loaded?.vision ?? false, sendable };
  }

  #head(): TemplateResult {
    const shown = this.loaded && this.status !== "loading";
    return html`
      <header part="head">
        <slot name="title">${icons.mark}Outrider</slot>
        <span class="model quiet">${shown ? this.#loading!.wanted.name : nothing}</span>
        ${shown
          ? html`
              <button class="plain" title="Choose another model" @click=${this.#leave}>${icons.swap}<span>Models</span></button>
              <button class="plain" title="Start a new conversation" ?disabled=${this.messages.length === 0}
                @click=${this.clear}>${icons.pen}<span>New</span></button>`
          : nothing}
      </header>
    `;
  }

  #body(): TemplateResult {
    if (this.status === "loading") return this.#loading!.view();
    if (this.loaded) return html`${warningNotices(this.loaded.warnings)}${messageList(this.messages, this.status === "generating")}${this.#errorNotice()}`;
    const actions = {
      choose: (model: string, mmproj?: string) => this.#choose(model, mmproj),
      open: (files: File[]) => this.#open(files),
      remove: (id: string) => void this.#remove(id),
    };
    return html`${this.#errorNotice()}${chooser(this.catalogue, this.stored, actions)}`;
  }

  #errorNotice(): TemplateResult | typeof nothing {
    if (!this.error) return nothing;
    return errorNotice(this.error, this.error.retryable ? this.#retry : undefined);
  }

  /** Streams an answer to the conversation as it stands. */
  async #answer(): Promise<void> {
    const work = (this.#work = new AbortController());
    const prompt = this.#prompt();
    let answer = this.#message("assistant", "");
    const show = (change: Partial<Message>) => {
      answer = { ...answer, ...change };
      if (work === this.#work) this.messages = [...this.messages.filter((m) => m.id !== answer.id), answer];
    };
    show({});
    this.#following.start();
    this.#enter("generating");
    try {
      const request = { messages: prompt, stream: true as const, temperature: this.temperature };
      const onProgress = (progress: ChatProgress) => show({ activity: activityOf(progress) });
      const stream = await this.engine.chat.completions.create(request, { signal: work.signal, onProgress });
      for await (const { choices } of stream) {
        const text = choices[0]?.delta.content;
        if (text) show({ text: answer.text + text, activity: undefined });
        if (choices[0]?.finish_reason === "length") show({ cut: "length" });
      }
      if (work !== this.#work) return;
      const { tokensPerSecond, paging } = await this.engine.stats();
      const speed = tokensPerSecond || undefined;
      show({ speed, found: hitRate(paging), ...(work.signal.aborted && { cut: "stopped" as const }) });
      this.#enter("ready");
      emit(this, "message-received", { text: answer.text, tokensPerSecond: speed });
    } catch (thrown) {
      if (work !== this.#work) return;
      if (!answer.text) this.messages = this.messages.filter((m) => m.id !== answer.id);
      this.#fail(thrown, () => void this.#again());
    }
  }

  /** Tries the last answer again, with the model loaded anew: whatever failed may have taken the GPU with it. */
  async #again(): Promise<void> {
    if (this.messages.at(-1)?.role === "assistant") this.messages = this.messages.slice(0, -1);
    if (this.#loading) await this.load(this.#loading.wanted.source, this.#loading.wanted.name);
    if (this.loaded) await this.#answer();
  }

  #prompt(): ChatMessage[] {
    const system: ChatMessage[] = this.system ? [{ role: "system", content: this.system }] : [];
    return [...system, ...this.messages.map(({ role, text, pictures }) => ({ role, content: contentOf(text, pictures) }))];
  }

  #message(role: Message["role"], text: string, pictures: readonly Picture[] = []): Message {
    return { id: this.#nextMessage++, role, text, pictures };
  }

  /** Lets go of the conversation and of what is being written. */
  #forget(): void {
    for (const { pictures } of this.messages) release(pictures);
    this.messages = [];
    this.#attachments.clear();
  }

  #choose(model: string, mmproj?: string): void {
    // Only a click may ask the browser to keep what we store; without its promise the engine works all the same.
    void navigator.storage?.persist?.();
    this.mmproj = mmproj || null;
    if (model === this.model) void this.#loadShown(model);
    else this.model = model;
  }

  /** Loads what the attributes name. */
  #loadShown(model: string): Promise<void> {
    const entry = this.catalogue.find(({ id }) => id === model);
    const source = { model: entry?.url ?? model, mmproj: this.mmproj ?? entry?.mmproj ?? null };
    return this.load(source, entry?.name ?? modelName(model));
  }

  #open(files: File[]): void {
    this.#shown = this.model = this.mmproj = null;
    void this.load(files);
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.engine.deleteModel(id);
    } catch (thrown) {
      this.#fail(thrown, () => void this.#remove(id));
    }
    await this.refreshStored();
  }

  /** Back to the chooser. */
  #leave = (): void => {
    this.stop();
    this.#watch.stop();
    this.#work = this.#loading = undefined;
    if (this.loaded) void this.engine.unload().catch(() => {});
    this.#shown = this.model = this.mmproj = null;
    this.loaded = this.error = undefined;
    this.#forget();
    this.#enter("idle");
  };

  #enter(status: Status): void {
    if (status !== "error") this.error = undefined;
    this.status = status;
    emit(this, "status-changed", { status });
    if (status === "ready") this.updateComplete.then(() => this.input?.focus());
  }

  /** Shows trouble. What the person stopped is no trouble. */
  #fail(thrown: unknown, retry: () => void): void {
    const error = thrown instanceof EngineError ? thrown : unexpected("in the page", thrown, true);
    if (error.code === "aborted") {
      if (!this.loaded) this.#shown = this.model = null;
      return this.#enter(this.loaded ? "ready" : "idle");
    }
    this.error = error;
    this.#retry = retry;
    this.#enter("error");
    emit(this, "error-raised", error);
  }

  #onKeydown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.status === "generating") this.stop();
  };

  /** Models are opened; what else is given to a loaded model are pictures. */
  #receive(files: File[]): void {
    const { models, pictures } = sortFiles(files);
    if (models.length || (pictures.length && !this.loaded)) this.#open(files);
    else this.attach(pictures);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "scout-chat": ScoutChat;
  }
}
