// The object that main.wasm publishes; mirrors wasm/api_js.go. Promises reject with ErrorData. Progress and chunks come
// before their promise settles. What goes in is plain data.

import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from "../client/openai.js";
import type { ChatProgress, CheckedPicture, EngineStats, LoadedModel, ModelSource, Paging, PreflightReport, PreflightSettings, Progress, StoredModel } from "../protocol.js";

export interface GoEngine {
  preflight(
    signal: AbortSignal,
    source: ModelSource,
    mmproj: ModelSource | null,
    options: PreflightSettings,
  ): Promise<PreflightReport>;
  load(
    signal: AbortSignal,
    source: ModelSource,
    mmproj: ModelSource | null,
    onProgress: (progress: Progress) => void,
    paging: Paging | null,
  ): Promise<LoadedModel>;
  /** Resolves with a completion, or with null after the chunks of a streamed answer. */
  chat(
    signal: AbortSignal,
    request: ChatCompletionRequest,
    onChunk: (chunk: ChatCompletionChunk) => void,
    onProgress: (progress: ChatProgress) => void,
  ): Promise<ChatCompletion | null>;
  /** Decodes a picture as a request would, and keeps it for the request. */
  picture(signal: AbortSignal, url: string): Promise<CheckedPicture>;
  unload(signal: AbortSignal): Promise<null>;
  models(signal: AbortSignal): Promise<StoredModel[]>;
  delete(signal: AbortSignal, model: string): Promise<null>;
  stats(signal: AbortSignal): Promise<EngineStats>;
}

declare global {
  /** Published by main.wasm when it is ready. */
  var newOutriderEngine: (() => GoEngine) | undefined;
  /** The running program, where the WebGPU binding looks for its memory. */
  var wasm: { instance: WebAssembly.Instance } | undefined;
  /** wasm_exec's stand-in for Node's fs: a Go program's output comes through here. */
  var fs: { writeSync(fd: number, bytes: Uint8Array): number };
}
