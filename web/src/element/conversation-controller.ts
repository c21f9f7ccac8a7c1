// What <scout-chat> does at any time, as one explicit state: idle, loading, ready, generating or error.

import type { Engine, LoadSource } from "../client/engine.js";
import { Conversation, type Recorder } from "../conversation/conversation.js";
import { type Message, newMessage, type Picture } from "../conversation/message.js";
import { EngineError, unexpected } from "../errors.js";
import type { Progress } from "../protocol.js";
import { Answer } from "./answer.js";
import type { ConversationState, OpenModel } from "./conversation-state.js";
import type { ScoutChatEvents, Status } from "./events.js";
import { Loading, type LoadSettings } from "./loading.js";
import { promptOf } from "./message.js";

export type { ConversationState, ErrorState, GeneratingState, OpenModel } from "./conversation-state.js";

/** What the controller needs of the element that owns it. */
export interface ConversationHost {
  /** Keeps the conversations; without it they are gone with the page. */
  readonly recorder?: Recorder | undefined;
  /** Returns the engine; called at the start of each load and each answer. */
  engine(): Engine;
  /** Returns how a source is to be loaded; called for each attempt. */
  loadSettings(source: LoadSource): LoadSettings;
  /** Returns the system prompt and the temperature of the next answer. */
  answerSettings(): { system: string | null; temperature: number | null };
  /** Schedules a render. */
  requestUpdate(): void;
  /** Called after each change of the state. */
  statusChanged(status: Status): void;
  /** Called after each load, also one that failed or was replaced, because the store may have changed. */
  loadEnded(): void;
  /** Called with a message that the engine refused and that was therefore taken out of the conversation. */
  refused?(text: string, pictures: readonly Picture[]): void;
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
  #conversation: Conversation;

  constructor(host: ConversationHost) {
    this.#host = host;
    this.#conversation = new Conversation(host.recorder);
  }

  /** What the conversation does. */
  get state(): ConversationState {
    return this.#state;
  }

  /** The conversation that is shown. */
  get conversation(): Conversation {
    return this.#conversation;
  }

  /** The messages of the branch that is shown; the last one may still be growing. */
  get messages(): readonly Message[] {
    return this.#conversation.path;
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

  /** Repeats what failed; undefined if that cannot help. */
  get retry(): (() => void) | undefined {
    return this.#state.status === "error" && this.#state.error.retryable ? this.#state.retry : undefined;
  }

  /**
   * Loads a model in place of the one that is open or being loaded. Returns it, or undefined if the load failed, was
   * stopped or was replaced by another.
   */
  async load(source: LoadSource, name: string): Promise<OpenModel | undefined> {
    this.#end();
    const previous = this.model;
    const loading = this.#newLoading(source, name, previous?.name);
    this.#enter({ status: "loading", work: loading });
    try {
      const model = { source, name, info: await loading.run() };
      return this.#isUnderWay(loading) ? this.#open(model) : undefined;
    } catch (thrown) {
      const model = loading.begun ? undefined : previous; // until then, the engine has the previous model
      if (this.#isUnderWay(loading)) this.#fail(thrown, model, source, () => void this.load(source, name));
      return undefined;
    } finally {
      this.#host.loadEnded();
    }
  }

  /** Adds a message and streams the answer. Does nothing without a model, or while an answer is under way. */
  async send(text: string, pictures: readonly Picture[] = []): Promise<void> {
    const model = this.#idleModel;
    if (model) await this.#ask(model, this.#conversation.leaf, text, pictures);
  }

  /** Asks a question of the person differently, as a branch beside it, with the same pictures. */
  async edit(id: string, text: string): Promise<void> {
    const [model, message] = [this.#idleModel, this.#conversation.get(id)];
    if (!model || !message) return;
    const pictures = message.pictures.map((p) => ({ ...p, url: URL.createObjectURL(p.blob) }));
    await this.#ask(model, message.parent, text, pictures);
  }

  /** Repeats an answer, as a branch beside it. */
  async regenerate(id: string): Promise<void> {
    const [model, message] = [this.#idleModel, this.#conversation.get(id)];
    if (!model || !message) return;
    this.#conversation.rewind(message.parent);
    await this.#generate(model);
  }

  /** Continues the last answer where it was cut. */
  async continue(): Promise<void> {
    const [model, message] = [this.#idleModel, this.messages.at(-1)];
    if (!model || message?.role !== "assistant") return;
    const begun = { ...message, text: message.text.trimEnd(), cut: undefined };
    this.#conversation.put(begun, true);
    await this.#generate(model, begun);
  }

  /** Shows another branch. Does nothing while an answer is under way. */
  select(id: string): void {
    if (this.#state.status === "generating") return;
    this.#conversation.select(id);
    this.#host.requestUpdate();
  }

  /** Deletes a message and those that follow it. Does nothing while an answer is under way. */
  remove(id: string): void {
    if (this.#state.status === "generating") return;
    this.#conversation.remove(id);
    this.#host.requestUpdate();
  }

  /** Stops the load or the answer under way. What has arrived of the answer stays. */
  stop(): void {
    if ("work" in this.#state) this.#state.work.cancel();
  }

  /** Ends an answer under way and shows another conversation, by default a new one. The model stays open. */
  show(conversation = new Conversation(this.#host.recorder)): void {
    if (this.#state.status === "generating") this.#end();
    this.#conversation.close();
    this.#conversation = conversation;
    if (this.#state.status === "loading") this.#host.requestUpdate();
    else this.#enterReadyOrIdle(this.model);
  }

  /** Ends what is under way and unloads the model. The messages stay. */
  leave(): void {
    this.#end();
    if (this.model)
      void this.#host
        .engine()
        .unload()
        .catch(() => {}); // the next load reports the same error
    this.#enter({ status: "idle" });
  }

  /**
   * Ends what is under way and forgets the model, because the engine that has it is replaced or closed. The messages
   * stay.
   */
  forgetModel(): void {
    this.#end();
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

  #newLoading(source: LoadSource, name: string, previous: string | undefined): Loading {
    const host = { engine: this.#host.engine(), requestUpdate: () => this.#host.requestUpdate() };
    const onProgress = (progress: Progress) => this.#host.emit("load-progress", progress);
    return new Loading(host, { source, name, previous, ...this.#host.loadSettings(source), onProgress });
  }

  #open(model: OpenModel): OpenModel {
    this.#enter({ status: "ready", model });
    this.#host.emit("model-loaded", model.info);
    return model;
  }

  /** The model that is open, unless it answers. */
  get #idleModel(): OpenModel | undefined {
    return this.#state.status === "generating" ? undefined : this.model;
  }

  async #ask(model: OpenModel, parent: string | null, text: string, pictures: readonly Picture[]): Promise<void> {
    this.#conversation.put(newMessage({ parent, role: "user", text, pictures }));
    this.#host.emit("message-sent", { text, pictures: pictures.length });
    await this.#generate(model);
  }

  /** Streams an answer to the messages as they are, or the rest of one. */
  async #generate(model: OpenModel, begun?: Message): Promise<void> {
    const engine = this.#host.engine();
    const { system, temperature } = this.#host.answerSettings();
    const request = { messages: promptOf(system, this.messages), temperature, continues: begun !== undefined };
    const answer = new Answer(begun ?? this.#newAnswer(model), () => this.#show(answer));
    this.#enter({ status: "generating", model, work: answer });
    this.#show(answer);
    try {
      await answer.stream(engine, request);
      if (!this.#isUnderWay(answer)) return;
      answer.finish(await engine.stats());
      if (this.#isUnderWay(answer)) this.#receive(answer, model);
    } catch (thrown) {
      if (this.#isUnderWay(answer)) this.#failAnswer(thrown, answer, model);
    }
  }

  #newAnswer({ name }: OpenModel): Message {
    return newMessage({ parent: this.#conversation.leaf, role: "assistant", text: "", model: name });
  }

  #show(answer: Answer): void {
    if (!this.#isUnderWay(answer)) return;
    this.#conversation.put(answer.message, true);
    this.#host.requestUpdate();
  }

  #receive({ message }: Answer, model: OpenModel): void {
    this.#conversation.put(message);
    this.#enter({ status: "ready", model });
    this.#host.emit("message-received", { text: message.text, tokensPerSecond: message.speed });
  }

  #failAnswer(thrown: unknown, answer: Answer, model: OpenModel): void {
    const error = toEngineError(thrown);
    const refused = refusals.has(error.code) && !answer.message.text;
    this.#keep(answer.message, error.code === "aborted" ? "stopped" : "interrupted");
    if (refused) this.#takeBack();
    const retry = () => void this.#answerAgain(model);
    this.#fail(error, model, refused ? undefined : model.source, retry);
  }

  /** Keeps what there is of an answer that has ended early; nothing if it has no word. */
  #keep(message: Message, cut: "stopped" | "interrupted"): void {
    if (message.text) this.#conversation.put({ ...message, cut, activity: undefined });
    else this.#conversation.remove(message.id);
  }

  /** Takes the last question out of the conversation and hands it to the host. */
  #takeBack(): void {
    const question = this.messages.at(-1);
    if (question?.role !== "user" || !this.#host.refused) return;
    const pictures = question.pictures.map((p) => ({ ...p, url: URL.createObjectURL(p.blob) }));
    this.#conversation.remove(question.id);
    this.#host.refused(question.text, pictures);
  }

  /** Loads the model again, because what failed may have lost the GPU, and repeats the last answer. */
  async #answerAgain({ source, name }: OpenModel): Promise<void> {
    const { leaf, path } = this.#conversation;
    const model = await this.load(source, name);
    if (!model || this.#state.status !== "ready" || this.#conversation.leaf !== leaf) return;
    if (path.at(-1)?.role === "assistant") this.#conversation.rewind(path.at(-1)!.parent);
    await this.#generate(model);
  }

  /** Ends what is under way for good: it changes nothing any more, and what has arrived of an answer is kept. */
  #end(): void {
    this.stop();
    const state = this.#state;
    if (state.status !== "generating") return;
    this.#state = { status: "ready", model: state.model };
    this.#keep(state.work.message, "stopped");
  }

  /** Ends a load or an answer with an error, or without one if it was stopped. */
  #fail(thrown: unknown, model: OpenModel | undefined, source: LoadSource | undefined, retry: () => void): void {
    const error = toEngineError(thrown);
    if (error.code === "aborted") {
      this.#enterReadyOrIdle(model);
      return;
    }
    this.#enter({ status: "error", error, retry, model, source });
    this.#host.emit("error-raised", error);
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

/** Codes of errors that refuse a message before any work. Such a message counts as not said. */
const refusals = new Set(["context_full", "invalid_request", "bad_image", "unsupported_image", "image_too_large"]);

function toEngineError(thrown: unknown): EngineError {
  return thrown instanceof EngineError ? thrown : unexpected("in the page", thrown, true);
}
