// The engine as a page sees it: OpenAI's chat completions, and beside them what a local model needs.

import { Connection, type Port } from "./connection.js";
import { EngineError } from "../errors.js";
import { ChunkStream } from "./stream.js";
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from "./openai.js";
import type {
  ChatProgress,
  CheckedPicture,
  EngineStats,
  LoadedModel,
  ModelSource,
  Paging,
  PreflightReport,
  Progress,
  RequestKind,
  Requests,
  StoredModel,
} from "../protocol.js";
import type { CallOptions } from "./connection.js";

export interface RequestOptions {
  /** Aborting stops the work. A promise then rejects with code `aborted`; a stream just ends, as OpenAI's does. */
  signal?: AbortSignal;
}

export interface LoadOptions extends RequestOptions {
  onProgress?: (progress: Progress) => void;
  /** Of a mixture of experts: how many of them lie on the GPU. */
  paging?: Paging;
}

export interface PreflightOptions extends RequestOptions {
  /** As for the load that is to follow. */
  paging?: Paging;
  /** Bytes to download from which GPU, store and network are measured, which takes a few seconds; 0, always, unless given. */
  measureFrom?: number;
}

export interface CompletionOptions extends RequestOptions {
  /** Told of what comes before an answer about pictures, the vision tower's weights, then tile after tile; and of waiting. */
  onProgress?: (progress: ChatProgress) => void;
}

/** A URL, a stored model's id (both as a string), a local file, or the files of a split model. */
export type ModelFiles = string | File | readonly File[];

/** A model, alone or with its vision file. Files that are given together may hold one, too. */
export type LoadSource = ModelFiles | { model: ModelFiles; mmproj?: ModelFiles | null };

/** The methods of OpenAI's `chat.completions`. */
export interface Completions {
  create(request: ChatCompletionRequest & { stream: true }, options?: CompletionOptions): Promise<AsyncIterable<ChatCompletionChunk>>;
  create(request: ChatCompletionRequest & { stream?: false | null }, options?: CompletionOptions): Promise<ChatCompletion>;
}

/**
 * Runs one model at a time in a worker. Every method rejects with an {@link EngineError}. The worker starts with the
 * first call, and again with the next call after it broke.
 */
export class Engine {
  readonly chat: { readonly completions: Completions };
  readonly #connect: () => Port;
  #connection: Connection | undefined;

  constructor(connect: () => Port) {
    this.#connect = connect;
    this.chat = { completions: { create: this.#create.bind(this) as Completions["create"] } };
  }

  /**
   * Says what this machine can do with a model before anything big moves: it reads the headers, which stay in the store,
   * and measures. A model that is loaded stays, and answers meanwhile.
   */
  async preflight(source: LoadSource, { paging = {}, measureFrom = 0, ...options }: PreflightOptions = {}): Promise<PreflightReport> {
    return this.#call("preflight", { ...modelSources(source), options: { paging, measureFrom } }, options);
  }

  /** Downloads what is missing, then loads the model; another that was loaded gives way. */
  async load(source: LoadSource, { paging = {}, ...options }: LoadOptions = {}): Promise<LoadedModel> {
    return this.#call("load", { ...modelSources(source), paging }, options as CallOptions); // a load tells of weights only
  }

  /** Finds out whether the loaded model can look at a picture, before a message is sent with it. */
  checkPicture(url: string, options: RequestOptions = {}): Promise<CheckedPicture> {
    return this.#call("picture", { url }, options);
  }

  /** Gives the GPU's memory back; the stored bytes stay. */
  async unload(): Promise<void> {
    await this.#call("unload", {});
  }

  /** Lists the models in the store, half-downloaded ones included. */
  models(): Promise<StoredModel[]> {
    return this.#call("models", {});
  }

  /** Deletes a model's stored bytes. */
  async deleteModel(id: string): Promise<void> {
    await this.#call("delete", { model: id });
  }

  stats(): Promise<EngineStats> {
    return this.#call("stats", {});
  }

  /** Ends the worker, and with it everything under way. */
  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #create(
    request: ChatCompletionRequest,
    options: CompletionOptions = {},
  ): Promise<ChatCompletion | AsyncIterable<ChatCompletionChunk>> {
    if (request.stream) return this.#stream(request, options);
    const completion = await this.#call("chat", { request: plain(request) }, options);
    return completion as ChatCompletion;
  }

  /** Resolves with the first chunk, so that a refused request rejects here and not inside the reader's loop. */
  async #stream(request: ChatCompletionRequest, { signal, onProgress }: CompletionOptions): Promise<ChunkStream<ChatCompletionChunk>> {
    const stop = new AbortController();
    const chunks = new ChunkStream<ChatCompletionChunk>(() => stop.abort());
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    this.#call("chat", { request: plain(request) }, { signal: either, onProgress, onChunk: (chunk) => chunks.push(chunk) }).then(
      () => chunks.end(),
      (error) => chunks.end(either.aborted && error.code === "aborted" ? undefined : error),
    );
    await chunks.ready();
    return chunks;
  }

  async #call<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
    options?: CallOptions,
  ): Promise<Requests[K]["result"]> {
    this.#connection ??= new Connection(this.#connect(), () => (this.#connection = undefined));
    return this.#connection.call(kind, payload, options);
  }
}

/** What crosses to the worker must be data: this drops `undefined` and refuses what JSON cannot say. */
function plain(request: ChatCompletionRequest): ChatCompletionRequest {
  try {
    return JSON.parse(JSON.stringify(request));
  } catch (cause) {
    const message = `the request is not plain data: ${(cause as Error).message}`;
    throw new EngineError("invalid_request", message);
  }
}

/** Whether a source names its vision file. */
export function isPair(source: LoadSource): source is Exclude<LoadSource, ModelFiles> {
  return typeof source === "object" && "model" in source;
}

function modelSources(source: LoadSource): { source: ModelSource; mmproj: ModelSource | null } {
  const { model, mmproj } = isPair(source) ? source : { model: source };
  return { source: modelSource(model), mmproj: mmproj ? modelSource(mmproj) : null };
}

function modelSource(source: ModelFiles): ModelSource {
  if (typeof source !== "string") return { kind: "files", files: source instanceof File ? [source] : [...source] };
  if (!/^(https?:|\/|\.)/.test(source)) return { kind: "stored", id: source };
  const base = globalThis.document?.baseURI;
  if (URL.canParse(source, base)) return { kind: "url", url: new URL(source, base).href };
  throw new EngineError("invalid_request", `${source} is not an address; check how it is written`);
}
