import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, query, state } from "lit/decorators.js";
import { createEngine, EngineError, type Engine } from "../client/index.js";
import type { ChatMessage } from "../client/openai.js";
import type { LoadSource } from "../client/engine.js";
import type { LoadedModel, Progress, StoredModel } from "../protocol.js";
import { catalogue, type CatalogueModel } from "./catalogue.js";
import { chooser } from "./chooser.js";
import { composer } from "./composer.js";
import { emit, type Status } from "./events.js";
import { modelName } from "./format.js";
import { icons } from "./icons.js";
import { messageList, type Message } from "./messages.js";
import { errorNotice, progressNotice, warningNotices } from "./notices.js";
import { styles } from "./styles.js";

/**
 * A conversation with a model that runs in this browser.
 *
 * Setting `model` loads it; removing it goes back to the chooser. Rich data goes in by property: `engine` (one is
 * made when none is given) and `catalogue`.
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
 * @csspart head, chooser, choice, stored, progress, error, messages, message, user, assistant, notes, input, send, stop
 * @cssprop --scout-accent, --scout-on-accent, --scout-surface, --scout-raised, --scout-line, --scout-text,
 *   --scout-quiet, --scout-danger, --scout-radius, --scout-width, --scout-font
 */
export class ScoutChat extends LitElement {
  static override styles = styles;

  /** A catalogue id, the URL of a GGUF file, or the id of a stored model. */
  @property({ reflect: true }) model: string | null = null;

  /** What the element is doing. Written by the element only. */
  @property({ reflect: true }) status: Status = "idle";

  /** Text that goes before the conversation, as the system's. */
  @property() system: string | null = null;

  /** 0 always takes the likeliest token; up to 2. */
  @property({ type: Number }) temperature = 0;

  /** The models the chooser offers. */
  @property({ attribute: false }) catalogue: readonly CatalogueModel[] = catalogue;

  @state() private messages: readonly Message[] = [];
  @state() private draft = "";
  @state() private loaded: LoadedModel | undefined;
  @state() private stored: readonly StoredModel[] = [];
  @state() private progress: Progress | undefined;
  @state() private error: EngineError | undefined;
  @state() private dropping = false;

  @query("main") private scroller!: HTMLElement;
  @query("textarea") private input!: HTMLTextAreaElement;

  #engine: Engine | undefined;
  #ownsEngine = false;
  #loading: { name: string; source: LoadSource } | undefined;
  #work: AbortController | undefined;
  #retry: (() => void) | undefined;
  #nextMessage = 1;
  /** The value of `model` that has been acted on. */
  #shown: string | null = null;

  constructor() {
    super();
    this.addEventListener("keydown", this.#onKeydown);
    this.addEventListener("dragover", this.#onDragover);
    this.addEventListener("dragleave", () => (this.dropping = false));
    this.addEventListener("drop", this.#onDrop);
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
    if (!this.#ownsEngine) return;
    this.#engine?.close();
    this.#engine = this.loaded = undefined;
  }

  /** Loads a model from a URL, the store or files. Trouble is shown, not thrown. */
  async load(source: LoadSource, name = sourceName(source)): Promise<void> {
    this.stop();
    const work = (this.#work = new AbortController());
    this.#loading = { name, source };
    this.progress = this.loaded = undefined;
    this.#enter("loading");
    try {
      const loaded = await this.engine.load(source, { signal: work.signal, onProgress: (p) => this.#onProgress(p, work) });
      if (work !== this.#work) return;
      this.loaded = loaded;
      this.#enter("ready");
      emit(this, "model-loaded", loaded);
    } catch (thrown) {
      if (work === this.#work) this.#fail(thrown, () => void this.load(source, name));
    }
    void this.refreshStored();
  }

  /** Sends a message and streams the answer. Trouble is shown, not thrown. */
  async send(text = this.draft): Promise<void> {
    text = text.trim();
    if (!text || !this.loaded || this.status === "generating") return;
    this.draft = "";
    this.messages = [...this.messages, this.#message("user", text)];
    emit(this, "message-sent", { text });
    await this.#answer();
  }

  /** Stops the load or the answer under way. */
  stop(): void {
    this.#work?.abort();
  }

  /** Forgets the conversation. */
  clear(): void {
    this.stop();
    this.messages = [];
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
    if (!changed.has("model") || this.model === this.#shown) return;
    this.#shown = this.model;
    if (this.model) void this.load(this.#resolve(this.model), this.#nameOf(this.model));
    else this.#leave();
  }

  override updated(): void {
    const last = this.messages.at(-1);
    if (last && this.#following) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  override render(): TemplateResult {
    return html`
      ${this.#head()}
      <main @scroll=${this.#onScroll}><div class="column">${this.#body()}</div></main>
      <div class="foot column">
        ${composer(this.draft, this.status, this.loaded !== undefined, {
          edit: (text) => (this.draft = text),
          send: () => void this.send(),
          stop: () => this.stop(),
        })}
      </div>
      ${this.dropping ? html`<div class="drop">Drop the GGUF file to open it</div>` : nothing}
    `;
  }

  #head(): TemplateResult {
    const shown = this.loaded && this.status !== "loading";
    return html`
      <header part="head">
        <slot name="title">${icons.mark}Outrider</slot>
        <span class="model quiet">${shown ? this.#loading!.name : nothing}</span>
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
    if (this.status === "loading") {
      return progressNotice(this.#loading?.name ?? "", this.progress, () => this.stop());
    }
    if (this.loaded) return html`${warningNotices(this.loaded.warnings)}${messageList(this.messages, this.status === "generating")}${this.#errorNotice()}`;
    const actions = {
      choose: (model: string) => this.#choose(model),
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
    this.#following = true;
    this.#enter("generating");
    try {
      const stream = await this.engine.chat.completions.create({ messages: prompt, stream: true, temperature: this.temperature }, { signal: work.signal });
      for await (const { choices } of stream) {
        const text = choices[0]?.delta.content;
        if (text) show({ text: answer.text + text });
        if (choices[0]?.finish_reason === "length") show({ cut: "length" });
      }
      if (work !== this.#work) return;
      const speed = (await this.engine.stats()).tokensPerSecond || undefined;
      show({ speed, ...(work.signal.aborted && { cut: "stopped" as const }) });
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
    if (this.#loading) await this.load(this.#loading.source, this.#loading.name);
    if (this.loaded) await this.#answer();
  }

  #prompt(): ChatMessage[] {
    const system: ChatMessage[] = this.system ? [{ role: "system", content: this.system }] : [];
    return [...system, ...this.messages.map(({ role, text }) => ({ role, content: text }))];
  }

  #message(role: Message["role"], text: string): Message {
    return { id: this.#nextMessage++, role, text };
  }

  #choose(model: string): void {
    // Only a click may ask the browser to keep what we store; without its promise the engine works all the same.
    void navigator.storage?.persist?.();
    if (model === this.model) void this.load(this.#resolve(model), this.#nameOf(model));
    else this.model = model;
  }

  #open(files: File[]): void {
    this.#shown = this.model = null;
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
    this.#work = undefined;
    if (this.loaded) void this.engine.unload().catch(() => {});
    this.#shown = this.model = null;
    this.loaded = this.error = undefined;
    this.messages = [];
    this.#enter("idle");
  };

  #resolve(model: string): string {
    return this.catalogue.find((entry) => entry.id === model)?.url ?? model;
  }

  #nameOf(model: string): string {
    return this.catalogue.find((entry) => entry.id === model)?.name ?? modelName(model);
  }

  #onProgress(progress: Progress, work: AbortController): void {
    if (work !== this.#work) return;
    this.progress = progress;
    emit(this, "load-progress", progress);
  }

  #enter(status: Status): void {
    if (status !== "error") this.error = undefined;
    this.status = status;
    emit(this, "status-changed", { status });
    if (status === "ready") this.updateComplete.then(() => this.input?.focus());
  }

  /** Shows trouble. What the person stopped is no trouble. */
  #fail(thrown: unknown, retry: () => void): void {
    const error = thrown instanceof EngineError ? thrown : unexpected(thrown);
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

  #onDragover = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.dropping = true;
  };

  #onDrop = (event: DragEvent): void => {
    event.preventDefault();
    this.dropping = false;
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) this.#open(files);
  };

  /** Whether the view follows the answer; scrolling up leaves it where it is. */
  #following = true;
  #onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#following = scrollHeight - scrollTop - clientHeight < 48;
  };
}

function sourceName(source: LoadSource): string {
  if (typeof source === "string") return modelName(source);
  return modelName((source instanceof File ? source : source[0])?.name ?? "");
}

function unexpected(thrown: unknown): EngineError {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new EngineError({ code: "internal", message: `Something unexpected happened in the page: ${detail}`, retryable: true });
}

declare global {
  interface HTMLElementTagNameMap {
    "scout-chat": ScoutChat;
  }
}
