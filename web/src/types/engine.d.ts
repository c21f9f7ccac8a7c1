// The object that main.wasm publishes; mirrors wasm/engine_js.go. Its promises reject with ErrorData. Progress and
// deltas arrive before the promise settles. Arguments are plain data.

import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from "../client/openai.js";
import type {
  ChatProgress,
  CheckedPicture,
  EngineStats,
  LoadedModel,
  ModelSource,
  Paging,
  PreflightReport,
  PreflightSettings,
  Progress,
  StoredModel,
} from "../protocol.js";

/** The engine as Go implements it; EngineMethods in protocol.ts describes the methods. */
export interface GoEngine {
  preflight(
    signal: AbortSignal,
    source: ModelSource,
    mmproj: ModelSource | null,
    settings: PreflightSettings,
  ): Promise<PreflightReport>;
  load(
    signal: AbortSignal,
    source: ModelSource,
    mmproj: ModelSource | null,
    onProgress: (progress: Progress) => void,
    paging: Paging | null,
  ): Promise<LoadedModel>;
  /** Stores a model without loading it. */
  download(
    signal: AbortSignal,
    source: ModelSource,
    mmproj: ModelSource | null,
    onProgress: (progress: Progress) => void,
  ): Promise<null>;
  /** Resolves with a completion, or with null after the deltas of a streamed answer. */
  chat(
    signal: AbortSignal,
    request: ChatCompletionRequest,
    onDelta: (delta: ChatCompletionChunk) => void,
    onProgress: (progress: ChatProgress) => void,
  ): Promise<ChatCompletion | null>;
  /** Decodes a picture as a request would, and keeps it for the request. */
  picture(signal: AbortSignal, url: string): Promise<CheckedPicture>;
  unload(signal: AbortSignal): Promise<null>;
  pause(signal: AbortSignal): Promise<null>;
  resume(signal: AbortSignal): Promise<null>;
  models(signal: AbortSignal): Promise<StoredModel[]>;
  delete(signal: AbortSignal, model: string): Promise<null>;
  stats(signal: AbortSignal): Promise<EngineStats>;
}

declare global {
  /** Published by main.wasm when it is ready. */
  var newOutriderEngine: (() => GoEngine) | undefined;
  /** The running program, where the WebGPU binding looks for its memory. */
  var wasm: { instance: WebAssembly.Instance } | undefined;
  /** wasm_exec's replacement for Node's fs, which receives a Go program's output. */
  var fs: { writeSync(fd: number, bytes: Uint8Array): number };
}
