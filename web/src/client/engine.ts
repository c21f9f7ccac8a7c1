// The engine as a page uses it: OpenAI's chat completions, and the methods that a model on this machine needs besides.

import { EngineError } from "../errors.js";
import type {
  ChatProgress,
  CheckedPicture,
  Delta,
  EngineMethods,
  EngineStats,
  LoadedModel,
  ModelSource,
  Paging,
  PreflightReport,
  Progress,
  StorageReport,
  StoredModel,
} from "../protocol.js";
import type { CallOptions, Port, ProgressOf } from "../rpc.js";
import type { ExportTarget } from "../worker/storage/export-file.js";
import { EngineWorker } from "./engine-worker.js";
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from "./openai.js";
import { DeltaStream } from "./stream.js";

/** Options of every method that takes time. */
export interface RequestOptions {
  /**
   * Aborting it stops the work. A promise then rejects with the code `aborted`; a stream ends, as OpenAI's does.
   */
  signal?: AbortSignal;
}

/** Options of {@link Engine.load}. */
export interface LoadOptions extends RequestOptions {
  onProgress?: (progress: Progress) => void;
  /** How many experts of a mixture-of-experts model are on the GPU. */
  paging?: Paging;
}

/** Options of {@link Engine.download}. */
export interface DownloadOptions extends RequestOptions {
  onProgress?: (progress: Progress) => void;
}

/** Options of {@link Engine.exportModel} and {@link Engine.verifyModel}. */
export interface ByteOptions extends RequestOptions {
  onProgress?: (bytes: number) => void;
}

/** Options of {@link Engine.preflight}. */
export interface PreflightOptions extends RequestOptions {
  /** The settings of the load that is to follow. */
  paging?: Paging;
  /**
   * Bytes to download from which GPU, store and network are measured, which takes a few seconds; 0, the default, always
   * measures.
   */
  measureFrom?: number;
}

/** Options of {@link Completions.create}. */
export interface CompletionOptions extends RequestOptions {
  /**
   * Called before an answer about pictures, while the vision encoder's weights are loaded and after each tile; and when
   * the answer starts or stops waiting for the network.
   */
  onProgress?: (progress: ChatProgress) => void;
}

/** A URL or a stored model's id (both are strings), a local file, or the files of a split model. */
export type ModelFiles = string | File | readonly File[];

/**
 * A model, alone or with its vision file. Files that are given together may include one as well. `integrity` is the
 * published SHA-256 of the model's file, as in HTML (`sha256-` and base64) or in hex; of several files, all of them
 * separated by spaces. `mirrors` are other addresses of the model's first file.
 */
export type LoadSource =
  | ModelFiles
  | { model: ModelFiles; mmproj?: ModelFiles | null; integrity?: string | undefined; mirrors?: string[] | undefined };

/** The methods of OpenAI's `chat.completions`. */
export interface Completions {
  /** Answers a conversation. A stream's promise resolves with its first chunk, so a refused request rejects it. */
  create(
    request: ChatCompletionRequest & { stream: true },
    options?: CompletionOptions,
  ): Promise<AsyncIterable<ChatCompletionChunk>>;
  create(
    request: ChatCompletionRequest & { stream?: false | null },
    options?: CompletionOptions,
  ): Promise<ChatCompletion>;
}

/**
 * Runs one model at a time in a worker. Every method rejects with an {@link EngineError}. The worker starts with the
 * first call, and again with the first call after it failed; a model that was open is then loaded again.
 */
export class Engine {
  /** OpenAI's interface: `engine.chat.completions.create`. */
  readonly chat: { readonly completions: Completions };
  readonly #worker: EngineWorker;

  /** Makes an engine; connect starts a worker. */
  constructor(connect: () => Port) {
    this.#worker = new EngineWorker(connect);
    this.chat = { completions: { create: this.#create.bind(this) as Completions["create"] } };
  }

  /**
   * Reports what this machine can do with a model before anything large is downloaded: it reads the headers, which stay
   * in the store, and measures. A model that is loaded stays loaded and keeps answering.
   */
  async preflight(
    source: LoadSource,
    { paging = {}, measureFrom = 0, ...options }: PreflightOptions = {},
  ): Promise<PreflightReport> {
    return this.#call("preflight", [...modelSources(source), { paging, measureFrom }], options);
  }

  /** Downloads what is missing, then loads the model in place of the one that was loaded. */
  async load(source: LoadSource, { paging = {}, ...options }: LoadOptions = {}): Promise<LoadedModel> {
    return this.#call("load", [...modelSources(source), paging], options);
  }

  /**
   * Stores all files of a model without loading it, so that a load finds them. The model that is loaded stays loaded
   * and keeps answering.
   */
  async download(source: LoadSource, options: DownloadOptions = {}): Promise<void> {
    await this.#call("download", modelSources(source), options);
  }

  /** Checks that the loaded model can encode a picture, before a message with it is sent. */
  checkPicture(url: string, options: RequestOptions = {}): Promise<CheckedPicture> {
    return this.#worker.callWithModel("picture", [url], options);
  }

  /** Frees the GPU's memory; the stored bytes stay. */
  async unload(): Promise<void> {
    await this.#call("unload", []);
  }

  /** Stops downloads; what has arrived is kept. An answer that needs an expert which is not stored still fetches it. */
  async pause(): Promise<void> {
    await this.#call("pause", []);
  }

  /** Continues downloads, as the next load does. */
  async resume(): Promise<void> {
    await this.#call("resume", []);
  }

  /** Limits the speed of all downloads together, in bytes a second; 0 for no limit. */
  async limitBandwidth(bytesPerSecond: number): Promise<void> {
    await this.#call("limitBandwidth", [bytesPerSecond]);
  }

  /** Lists the models in the store, including those that are stored in part. */
  models(): Promise<StoredModel[]> {
    return this.#call("models", []);
  }

  /** Deletes a model's stored bytes. */
  async deleteModel(id: string): Promise<void> {
    await this.#call("delete", [id]);
  }

  /** Returns what is stored, file by file, and how much space is left. */
  storage(): Promise<StorageReport> {
    return this.#call("storage", []);
  }

  /**
   * Reads a stored file again. Returns how many of its parts have changed since they were stored; they count as not
   * stored from then on, and the next load downloads them again. onProgress receives the bytes read.
   */
  verifyModel(id: string, options: ByteOptions = {}): Promise<number> {
    return this.#call("verify", [id], options);
  }

  /** Writes a completely stored file to a stream or a file of the disk; onProgress receives the bytes written. */
  async exportModel(id: string, writable: ExportTarget, options: ByteOptions = {}): Promise<void> {
    const transfer = writable instanceof WritableStream ? [writable as unknown as Transferable] : [];
    await this.#call("export", [id, writable], { ...options, transfer });
  }

  /** Opens a file on the disk, which is read where it is and not copied. Returns its id, which load accepts. */
  importModel(handle: FileSystemFileHandle): Promise<string> {
    return this.#call("import", [handle]);
  }

  /** Returns the handle of a file on the disk, for which a page asks permission after `permission_needed`. */
  fileHandle(id: string): Promise<FileSystemFileHandle | null> {
    return this.#call("handle", [id]);
  }

  /** Returns what the engine has measured of itself. */
  stats(): Promise<EngineStats> {
    return this.#call("stats", []);
  }

  /** Ends the worker. Calls that are not answered yet reject as aborted. */
  close(): void {
    this.#worker.close();
  }

  async #create(
    request: ChatCompletionRequest,
    options: CompletionOptions = {},
  ): Promise<ChatCompletion | AsyncIterable<ChatCompletionChunk>> {
    if (request.stream) return this.#stream(request, options);
    const { signal, onProgress } = options;
    const chat = { signal, onProgress: splitDeltas(onProgress) };
    const completion = await this.#worker.callWithModel("chat", [plain(request)], chat);
    return completion as ChatCompletion;
  }

  /** Resolves with the first chunk, so that a refused request rejects here and not inside the reader's loop. */
  async #stream(
    request: ChatCompletionRequest,
    { signal, onProgress }: CompletionOptions,
  ): Promise<DeltaStream<ChatCompletionChunk>> {
    const stop = new AbortController();
    const deltas = new DeltaStream<ChatCompletionChunk>(() => stop.abort());
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const options = { signal: either, onProgress: splitDeltas(onProgress, (chunk) => deltas.push(chunk)) };
    this.#worker.callWithModel("chat", [plain(request)], options).then(
      () => deltas.end(),
      (error) => deltas.end(either.aborted && error.code === "aborted" ? undefined : error),
    );
    await deltas.ready();
    return deltas;
  }

  async #call<K extends keyof EngineMethods>(
    method: K,
    args: EngineMethods[K]["args"],
    options?: CallOptions<ProgressOf<EngineMethods[K]>>,
  ): Promise<EngineMethods[K]["result"]> {
    return this.#worker.call(method, args, options);
  }
}

/** Returns a receiver of what a chat request reports, which separates the deltas from the rest. */
function splitDeltas(
  onProgress: ((progress: ChatProgress) => void) | undefined,
  onDelta?: (chunk: ChatCompletionChunk) => void,
): (progress: ChatProgress | Delta) => void {
  return (progress) => (progress.phase === "delta" ? onDelta?.(progress.chunk) : onProgress?.(progress));
}

/** Returns the request as plain data: `undefined` is dropped, and what JSON cannot express is refused. */
function plain(request: ChatCompletionRequest): ChatCompletionRequest {
  if (isDeeper(request, MAX_DEPTH)) {
    throw new EngineError(
      "invalid_request",
      `objects and lists are nested more than ${MAX_DEPTH} deep; make it flatter`,
    );
  }
  try {
    return JSON.parse(JSON.stringify(request));
  } catch (cause) {
    throw new EngineError("invalid_request", `the request is not plain data: ${(cause as Error).message}`);
  }
}

/** The largest number of objects and lists inside each other; jsbridge has the same limit. */
const MAX_DEPTH = 200;

/** Reports whether a value has more than so many objects and lists inside each other. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

/** Reports whether a source names its vision file. */
export function isPair(source: LoadSource): source is Exclude<LoadSource, ModelFiles> {
  return typeof source === "object" && "model" in source;
}

function modelSources(source: LoadSource): [source: ModelSource, mmproj: ModelSource | null] {
  const { model, mmproj, ...trust } = isPair(source) ? source : { model: source };
  return [{ ...modelSource(model), ...trust }, mmproj ? modelSource(mmproj) : null];
}

function modelSource(source: ModelFiles): ModelSource {
  if (typeof source !== "string") return { kind: "files", files: source instanceof File ? [source] : [...source] };
  if (!/^(https?:|\/|\.)/.test(source)) return { kind: "stored", id: source };
  const base = globalThis.document?.baseURI;
  if (URL.canParse(source, base)) return { kind: "url", url: new URL(source, base).href };
  throw new EngineError("invalid_request", `${source} is not an address; check how it is written`);
}
