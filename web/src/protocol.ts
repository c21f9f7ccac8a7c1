// The wire between a page and the engine worker. Every request carries an id that its replies repeat; the last reply
// to a request is `done` or `error`. An `abort` carries the id of the request it ends, which still answers with its
// last reply. Requests are answered in any order; replies to one request come in order. Errors cross as data, because
// a thrown class would arrive as a bare Error.

import type { ErrorData } from "./errors.js";
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from "./client/openai.js";

/** Where a model comes from. Splits of a URL are found by their names; splits of a local file are given together. */
export type ModelSource =
  | { kind: "url"; url: string }
  | { kind: "files"; files: File[] }
  | { kind: "stored"; id: string };

/** How far a load is. `download` fills the store, `load` fills the GPU; each counts its own bytes. */
export interface Progress {
  phase: "header" | "download" | "load";
  bytesDone: number;
  /** 0 while unknown. */
  bytesTotal: number;
  /** Over the last few seconds; 0 while unknown. */
  bytesPerSecond: number;
  /** 0 while unknown. */
  secondsLeft: number;
}

/** How many tiles of a request's new pictures the vision tower has looked at. */
export interface PictureProgress {
  phase: "picture";
  done: number;
  total: number;
}

/** An answer cannot go on before the network is back, because an expert is not stored yet; or can again. */
export interface WaitProgress {
  phase: "network";
  waiting: boolean;
  /** Why it waits. */
  message: string;
}

/**
 * What a request tells on its way: of the weights of the vision tower, which come with the first picture, of pictures, and
 * of waiting.
 */
export type ChatProgress = Progress | PictureProgress | WaitProgress;

/** How the experts of a mixture are kept; it changes speed alone. */
export interface Paging {
  /** Experts of each layer on the GPU; absent or 0: all, unless the GPU's limits forbid it. */
  slots?: number;
  /** Which of them leaves when another is needed: `lfu` unless said, `lfu:N`, `lru` or `stale`. */
  policy?: string;
  /** Read what is likely to be needed next. */
  prefetch?: boolean;
  /** Download an expert when it is needed and not before; else the others come while the model is used. */
  onDemand?: boolean;
  /** GPU memory that the model may take, bytes; absent or 0: as much as turns out to be there. `slots` goes before it. */
  memory?: number;
}

/** What a preflight report is about, and what is measured for it. */
export interface PreflightSettings {
  paging: Paging | null;
  /** From so many bytes of download on, GPU, store and network are measured, which takes seconds. */
  measureFrom: number;
}

/**
 * What this machine can do with a model, computed from measured numbers by the formulas of docs/paging.md. What nobody has
 * measured is 0.
 */
export interface PreflightReport {
  /** The report for a person. */
  sentence: string;
  verdict: "runs" | "runs_slowly" | "does_not_fit";
  /** Why the verdict is no better. */
  reasons: PreflightReason[];
  /** Experts on the GPU, of each layer that has any; and of all layers together. */
  slots: number[];
  expertsOnGPU: number;
  experts: number;
  /** The GPU's memory is unknown, and the numbers are those of the fewest experts that can work. */
  atLeast: boolean;
  gpuBytes: number;
  /** The part of the uses of experts that find theirs on the GPU, 0 to 1. */
  hitRate: number;
  /** Read from the store for a token. */
  bytesPerToken: number;
  /** Once warm. */
  tokensPerSecond: number;
  /** To read every expert once, for part of a prompt. */
  promptSeconds: number;
  /** Bytes that are not stored yet. */
  downloadBytes: number;
  downloadSeconds: number;
  /** All that the model takes, what is stored already included. */
  storageBytes: number;
  machine: MachineReport;
}

export interface PreflightReason {
  limit: "buffer" | "binding" | "gpu_memory" | "storage" | "speed";
  /** Bytes; of `speed`, tokens a second. */
  needed: number;
  available: number;
  /** What stands in the way, by how much, and what to do. */
  message: string;
}

/** What was measured. Bytes, bytes a second, seconds; 0 where it is unknown. */
export interface MachineReport {
  /** The adapter, as far as the browser tells. */
  gpu: string;
  /** Of GPU memory, as expected from earlier loads. */
  gpuBytes: number;
  /** Of a token that misses nothing. */
  computeSeconds: number;
  /** Room for the site in the browser. */
  storageBytes: number;
  /** To the store, and from it. */
  writePerSecond: number;
  readPerSecond: number;
  /** From the model's server. */
  linkPerSecond: number;
}

/** A picture that the loaded model can look at. */
export interface CheckedPicture {
  /** How many tiles it is cut into, the global one included. */
  tiles: number;
  /** Decoding and cutting took, in the picture worker. */
  seconds: number;
}

/** A model that is open on the GPU. */
export interface LoadedModel {
  id: string;
  name: string;
  architecture: string;
  /** Tokens that prompt and answer may fill together. */
  contextLength: number;
  /** Bytes of weights, without the vision tower's. */
  bytes: number;
  /** Messages may hold pictures. */
  vision: boolean;
  /** Sentences for the user about a file that runs but may not be what its makers meant. */
  warnings: string[];
}

/** A model in the store, whole or in part. */
export interface StoredModel {
  /** The URL it came from, or `local:` and a file's name. */
  id: string;
  name: string;
  bytesStored: number;
  bytesTotal: number;
  complete: boolean;
}

/** What the engine knows about itself now. */
export interface EngineStats {
  /** All memory that Go has ever taken, bytes. */
  memoryBytes: number;
  /** Go's heap, the largest seen during the last answer or now, bytes. */
  heapBytes: number;
  /** Weight bytes that JavaScript holds on their way between network, store and GPU, now and at most so far. */
  bytesInFlight: number;
  peakBytesInFlight: number;
  /** Of all GPU buffers, as they were asked for; drivers round up. */
  gpuBytes: number;
  /** Of the last answer; zeros before the first. */
  promptTokens: number;
  completionTokens: number;
  prefillSeconds: number;
  decodeSeconds: number;
  tokensPerSecond: number;
  /** The answer's token ids, the one that ended it included. */
  tokens: number[];
  /** Tiles of new pictures; the time until the last of them was encoded, within prefillSeconds. */
  tiles: number;
  encodeSeconds: number;
  /** Decoding and cutting those pictures in the picture worker. */
  pictureSeconds: number;
  /** null unless the model's experts are paged. */
  paging: PagingStats | null;
}

/** How paging went during the last answer: until its first token, and from then on. */
export interface PagingStats {
  /** What the slots take on the GPU. */
  slotBytes: number;
  /** Routed experts that have a slot on the GPU, and all that there are. */
  expertsOnGPU: number;
  experts: number;
  /** Of the model's files, bytes that are still to be downloaded, in the background or when an expert is wanted; and all. */
  bytesMissing: number;
  bytesTotal: number;
  prefill: PagingCounts;
  decode: PagingCounts;
}

export interface PagingCounts {
  /** Tokens that were computed one by one. */
  tokens: number;
  /** Uses of an expert that lay in a slot, and of one that had to be brought in. */
  hits: number;
  misses: number;
  /** Reads from the store, and their bytes. */
  reads: number;
  bytesRead: number;
  /** The part of the uses that are hits, 0 to 1. */
  hitRate: number;
}

/** Each request's kind with its payload and what it finally gives. */
export interface Requests {
  preflight: {
    payload: { source: ModelSource; mmproj: ModelSource | null; options: PreflightSettings };
    result: PreflightReport;
  };
  /** mmproj is the model's vision file; without one, one among the source's files is taken. */
  load: { payload: { source: ModelSource; mmproj: ModelSource | null; paging: Paging | null }; result: LoadedModel };
  chat: { payload: { request: ChatCompletionRequest }; result: ChatCompletion | null };
  picture: { payload: { url: string }; result: CheckedPicture };
  unload: { payload: object; result: null };
  models: { payload: object; result: StoredModel[] };
  delete: { payload: { model: string }; result: null };
  stats: { payload: object; result: EngineStats };
}

export type RequestKind = keyof Requests;

/** Page → worker. */
export type Request =
  | { [K in RequestKind]: { id: number; kind: K } & Requests[K]["payload"] }[RequestKind]
  | { id: number; kind: "abort" };

/** Worker → page. `fatal` has no id: the engine is gone, and with it every request under way. */
export type Reply =
  | { id: number; kind: "progress"; progress: ChatProgress }
  | { id: number; kind: "chunk"; chunk: ChatCompletionChunk }
  | { id: number; kind: "done"; value: Requests[RequestKind]["result"] }
  | { id: number; kind: "error"; error: ErrorData }
  | { kind: "fatal"; error: ErrorData };
