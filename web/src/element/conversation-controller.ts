// What <scout-chat> does at any time, as one explicit state: idle, loading, ready, generating or error.

import type { Engine, LoadSource } from "../client/engine.js";
import { EngineError, unexpected } from "../errors.js";
import type { LoadedModel, Progress } from "../protocol.js";
import { Answer } from "./answer.js";
import { type Picture, release } from "./attachments.js";
import type { ScoutChatEvents, Status } from "./events.js";
import { Loading, type LoadSettings } from "./loading.js";
import { type Message, promptOf } from "./message.js";

/** A model that is open, and what it was loaded from. */
export interface OpenModel {
  readonly source: LoadSource;
  /** Its name for the person. */
  readonly name: string;
  readonly info: LoadedModel;
}

/** What a conversation does. The messages are not part of it, because they outlive a load. */
export type ConversationState =
  | { readonly status: "idle" }
  | { readonly status: "loading"; readonly work: Loading }
  | { readonly status: "ready"; readonly model: OpenModel }
  | GeneratingState
  | ErrorState;

/** An answer is under way. */
export interface GeneratingState {
  readonly status: "generating";
  readonly model: OpenModel;
  readonly work: Answer;
  /** What failed beside the answer, such as the check of a picture. */
  readonly error?: EngineError;
}

/** A load, an answer or something else has failed. */
export interface ErrorState {
  readonly status: "error";
  readonly error: EngineError;
  /** Repeats what failed. */
  readonly retry: (() => void) | undefined;
  /** What was being loaded or was in use; undefined if neither. */
  readonly source?: LoadSource | undefined;
  /** The model that is still open; undefined if a load has failed. */
  readonly model: OpenModel | undefined;
}

/** What the controller needs of the element that owns it. */
export interface ConversationHost {
  /** Returns the engine; called at the start of each load and each answer. */
  engine(): Engine;
  /** Returns how a source is to be loaded; called for each attempt. */
  loadSettings(source: LoadSource): LoadSettings;
  /** Returns the system prompt and the temperature of the next answer. */
  answerSettings(): { system: string | null; temperature: number };
  /** Schedules a render. */
  requestUpdate(): void;
  /** Called after each change of the state. */
  statusChanged(status: Status): void;
  /** Called after each load, also one that failed or was replaced, because the store may have changed. */
  loadEnded(): void;
  /** Dispatches an event of the element, any but status-changed. */
  emit<K extends keyof ScoutChatEvents>(type: K, detail: ScoutChatEvents[K]): void;
}

/**
 * Loads models, keeps the messages and requests answers. Errors become a state; no method throws.
 *
 * A load or an answer is under way while it is the `work` of the state. Whatever one reports after it was ended or
 * replaced is ignored: it never changes the state or the messages again.
 */
export class ConversationController {
  readonly #host: ConversationHost;
  #state: ConversationState = { status: "idle" };
  #messages: readonly Message[] = [];
  #nextId = 1;

  constructor(host: ConversationHost) {
    this.#host = host;
  }

  /** What the conversation does. */
  get state(): ConversationState {
    return this.#state;
  }

  /** The messages so far; the last one may still be growing. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** The model that is open. */
  get model(): OpenModel | undefined {
    return "model" in this.#state ? this.#state.model : undefined;
  }

  /** Whether a load downloads. */
  get downloading(): boolean {
    return this.#state.status === "loading" && this.#state.work.downloading;
  }

  /** The error to show. */
  get error(): EngineError | undefined {
    return "error" in this.#state ? this.#state.error : undefined;
  }

  /** What has failed; undefined while nothing has. */
  get failure(): ErrorState | undefined {
    return this.#state.status === "error" ? this.#state : undefined;
  }

  /** Repeats what failed; undefined if that cannot help. */
  get retry(): (() => void) | undefined {
    return this.#state.status === "error" && this.#state.error.retryable ? this.#state.retry : undefined;
  }

  /**
   * Loads a model in place of the one that is open or being loaded. Returns it, or undefined if the load failed, was
   * stopped or was replaced by another.
   */
  async load(source: LoadSource, name: string): Promise<OpenModel | undefined> {
    this.stop();
    const loading = this.#newLoading(source, name);
    this.#enter({ status: "loading", work: loading });
    try {
      const model = { source, name, info: await loading.run() };
      return this.#isUnderWay(loading) ? this.#open(model) : undefined;
    } catch (thrown) {
      if (this.#isUnderWay(loading)) this.#fail(thrown, undefined, source, () => void this.load(source, name));
      return undefined;
    } finally {
      this.#host.loadEnded();
    }
  }

  /** Adds a message and streams the answer. Does nothing without a model, or while an answer is under way. */
  async send(text: string, pictures: readonly Picture[] = []): Promise<void> {
    const { model } = this;
    if (!model || this.#state.status === "generating") return;
    this.#messages = [...this.#messages, { id: this.#nextId++, role: "user", text, pictures }];
    this.#host.emit("message-sent", { text, pictures: pictures.length });
    await this.#generate(model);
  }

  /** Stops the load or the answer under way. What has arrived of the answer stays. */
  stop(): void {
    if ("work" in this.#state) this.#state.work.cancel();
  }

  /** Ends what is under way and deletes the messages; the model stays open. */
  clear(): void {
    this.stop();
    this.#deleteMessages();
    this.#enterReadyOrIdle(this.model);
  }

  /** Ends what is under way, deletes the messages and unloads the model. */
  leave(): void {
    this.stop();
    if (this.model)
      void this.#host
        .engine()
        .unload()
        .catch(() => {}); // the next load reports the same error
    this.#deleteMessages();
    this.#enter({ status: "idle" });
  }

  /**
   * Ends what is under way and forgets the model, because the engine that has it is replaced or closed. The messages
   * stay.
   */
  forgetModel(): void {
    this.stop();
    this.#enterReadyOrIdle(undefined);
  }

  /** Shows an error of something other than a load or an answer. What is under way continues. */
  report(thrown: unknown, retry?: () => void): void {
    const error = toEngineError(thrown);
    if (error.code === "aborted") return;
    if (this.#state.status === "generating") this.#set({ ...this.#state, error });
    else if (this.#state.status !== "loading") this.#enter({ status: "error", error, retry, model: this.model });
    this.#host.emit("error-raised", error);
  }

  /** Removes the error that is shown. */
  dismissError(): void {
    const state = this.#state;
    if (state.status === "error") this.#enterReadyOrIdle(state.model);
    if (state.status === "generating") this.#set({ status: "generating", model: state.model, work: state.work });
  }

  #newLoading(source: LoadSource, name: string): Loading {
    const host = { engine: this.#host.engine(), requestUpdate: () => this.#host.requestUpdate() };
    const onProgress = (progress: Progress) => this.#host.emit("load-progress", progress);
    return new Loading(host, { source, name, ...this.#host.loadSettings(source), onProgress });
  }

  #open(model: OpenModel): OpenModel {
    this.#enter({ status: "ready", model });
    this.#host.emit("model-loaded", model.info);
    return model;
  }

  /** Streams an answer to the messages as they are. */
  async #generate(model: OpenModel): Promise<void> {
    const answer = new Answer(this.#nextId++, () => this.#show(answer));
    const engine = this.#host.engine();
    const { system, temperature } = this.#host.answerSettings();
    const messages = promptOf(system, this.#messages);
    this.#enter({ status: "generating", model, work: answer });
    this.#show(answer);
    try {
      await answer.stream(engine, { messages, temperature });
      if (!this.#isUnderWay(answer)) return;
      answer.finish(await engine.stats());
      if (this.#isUnderWay(answer)) this.#receive(answer, model);
    } catch (thrown) {
      if (this.#isUnderWay(answer)) this.#failAnswer(thrown, answer, model);
    }
  }

  #show(answer: Answer): void {
    if (!this.#isUnderWay(answer)) return;
    const { message } = answer;
    this.#messages = [...this.#messages.filter(({ id }) => id !== message.id), message];
    this.#host.requestUpdate();
  }

  #receive({ message: { text, speed } }: Answer, model: OpenModel): void {
    this.#enter({ status: "ready", model });
    this.#host.emit("message-received", { text, tokensPerSecond: speed });
  }

  #failAnswer(thrown: unknown, { message }: Answer, model: OpenModel): void {
    if (!message.text) this.#messages = this.#messages.filter(({ id }) => id !== message.id);
    this.#fail(thrown, model, model.source, () => void this.#regenerate(model));
  }

  /** Loads the model again, because what failed may have lost the GPU, and repeats the last answer. */
  async #regenerate({ source, name }: OpenModel): Promise<void> {
    if (this.#messages.at(-1)?.role === "assistant") this.#messages = this.#messages.slice(0, -1);
    const model = await this.load(source, name);
    if (model && this.#state.status === "ready") await this.#generate(model);
  }

  /** Ends a load or an answer with an error, or without one if it was stopped. */
  #fail(thrown: unknown, model: OpenModel | undefined, source: LoadSource, retry: () => void): void {
    const error = toEngineError(thrown);
    if (error.code === "aborted") {
      this.#enterReadyOrIdle(model);
      return;
    }
    this.#enter({ status: "error", error, retry, model, source });
    this.#host.emit("error-raised", error);
  }

  #deleteMessages(): void {
    for (const { pictures } of this.#messages) release(pictures);
    this.#messages = [];
  }

  #isUnderWay(work: Loading | Answer): boolean {
    return "work" in this.#state && this.#state.work === work;
  }

  /** Enters the state without work: ready if a model is open, idle otherwise. An idle state stays the same. */
  #enterReadyOrIdle(model: OpenModel | undefined): void {
    if (model) this.#enter({ status: "ready", model });
    else if (this.#state.status !== "idle") this.#enter({ status: "idle" });
    else this.#host.requestUpdate();
  }

  #enter(state: ConversationState): void {
    this.#set(state);
    this.#host.statusChanged(state.status);
  }

  #set(state: ConversationState): void {
    this.#state = state;
    this.#host.requestUpdate();
  }
}

function toEngineError(thrown: unknown): EngineError {
  return thrown instanceof EngineError ? thrown : unexpected("in the page", thrown, true);
}
