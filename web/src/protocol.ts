// What crosses between the page and the engine worker: the worker's methods (EngineMethods) and the data they take and
// return. rpc.ts carries the calls. Field names are those of the maps that wasm/ builds and reads; a test compares
// them.

import type { ChatCompletionChunk } from "./client/openai.js";
import type { EngineMethods } from "./engine-methods.js";
import type { Reply, Request } from "./rpc.js";

/** Where a model comes from. The parts of a split model at a URL are found by their names; files are given together. */
export type ModelSource = (
  | { kind: "url"; url: string }
  | { kind: "files"; files: File[] }
  | { kind: "stored"; id: string }
) & {
  /** The published SHA-256 of each file, separated by spaces: `sha256-` and base64, or 64 hex digits. */
  integrity?: string | undefined;
  /** Other addresses of the first file. */
  mirrors?: string[] | undefined;
};

/**
 * How far a load is. `device` waits for the GPU, `header` reads the headers, `memory` finds out by trial how much of
 * the model the GPU's memory holds, `download` fills the store, `verify` compares its files with published hashes,
 * `load` fills the GPU; each counts its own bytes.
 */
export interface Progress {
  phase: "device" | "header" | "memory" | "download" | "verify" | "load";
  bytesDone: number;
  /** 0 while unknown. */
  bytesTotal: number;
  /** Over the last few seconds; 0 while unknown. */
  bytesPerSecond: number;
  /** 0 while unknown. */
  secondsLeft: number;
  /** Why nothing arrives at the moment, such as a server that cannot be reached; empty otherwise. */
  waiting: string;
  /** When the next attempt starts, in milliseconds since 1970; 0 if that is not known. */
  until: number;
}

/** How many tiles of a request's new pictures the vision encoder has encoded. */
export interface PictureProgress {
  phase: "picture";
  done: number;
  total: number;
}

/** An answer stops until the network is back, because an expert that it needs is not stored yet; or it continues. */
export interface WaitProgress {
  phase: "network";
  waiting: boolean;
  /** Why it waits. */
  message: string;
}

/** The GPU was lost: the model is loaded on it again, and then the answer continues. */
export interface RecoverProgress {
  phase: "recover";
  bytesDone: number;
  /** 0 while unknown. */
  bytesTotal: number;
}

/** The engine has failed and was started again: the model is loaded again, and then the answer begins. */
export interface RestartProgress {
  phase: "restart";
  bytesDone: number;
  /** 0 while unknown. */
  bytesTotal: number;
}

/** One piece of a streamed answer. */
export interface Delta {
  phase: "delta";
  chunk: ChatCompletionChunk;
}

/**
 * What a chat request reports before and during its answer: how far the vision encoder's weights are loaded, which
 * happens with the first picture; how many tiles are encoded; whether it waits for the network; and how far the model
 * is loaded again after the GPU was lost or the engine failed.
 */
export type ChatProgress = Progress | PictureProgress | WaitProgress | RecoverProgress | RestartProgress;

/** How the experts of a mixture-of-experts model are kept. It changes the speed and never the answer. */
export interface Paging {
  /** Experts of each layer on the GPU; absent or 0: all, unless the GPU's limits forbid it. */
  slots?: number;
  /** Which expert is evicted when another is needed: `lfu` (the default), `lfu:N`, `lru` or `stale`. */
  policy?: string;
  /** Load experts that are likely to be needed next. */
  prefetch?: boolean;
  /** Download an expert only when it is needed; otherwise the rest is downloaded while the model is used. */
  onDemand?: boolean;
  /** GPU memory that the model may take, bytes; absent or 0: as much as the device has. `slots` takes precedence. */
  memory?: number;
}

/**
 * What this machine can do with a model, computed from measured numbers by the formulas of docs/paging.md. What has not
 * been measured is 0.
 */
export interface PreflightReport {
  /** The report for a person. */
  sentence: string;
  verdict: "runs" | "runs_slowly" | "does_not_fit";
  /** Why the verdict is no better. */
  reasons: PreflightReason[];
  /** Experts on the GPU in each layer that has routed experts. */
  slots: number[];
  /** Experts on the GPU in all layers together. */
  expertsOnGPU: number;
  /** Routed experts in all layers together. */
  experts: number;
  /** The GPU's memory is unknown; the numbers are those of the fewest experts that can work. */
  atLeast: boolean;
  /** GPU memory that the model takes. */
  gpuBytes: number;
  /** The part of the uses of experts that are hits, 0 to 1. */
  hitRate: number;
  /** Bytes read from the store for a token. */
  bytesPerToken: number;
  /** Once the experts in use are on the GPU. */
  tokensPerSecond: number;
  /** To read every expert once, for a batch of the prompt. */
  promptSeconds: number;
  /** Bytes that are not stored yet. */
  downloadBytes: number;
  /** Of these, the bytes that a load downloads before the first token; the rest follows while the model is used. */
  startBytes: number;
  downloadSeconds: number;
  /** All bytes that the model takes in the store, those that are stored already included. */
  storageBytes: number;
  machine: MachineReport;
}

/** One reason why a model does not run, or runs slowly. */
export interface PreflightReason {
  limit: "buffer" | "binding" | "gpu_memory" | "storage" | "speed";
  /** Bytes; for the limit `speed`, tokens a second. */
  needed: number;
  available: number;
  /** What the limit is, by how much it is missed, and what to do. */
  message: string;
}

/** What was measured of a machine; 0 where it is unknown. */
export interface MachineReport {
  /** The adapter, as far as the browser names it. */
  gpu: string;
  /** GPU memory in bytes, as expected from earlier loads. */
  gpuBytes: number;
  /** Seconds that a token takes on the GPU when all its experts are hits. */
  computeSeconds: number;
  /** Bytes that the browser lets the site store. */
  storageBytes: number;
  /** Bytes a second that the store writes. */
  writePerSecond: number;
  /** Bytes a second that the store reads. */
  readPerSecond: number;
  /** Bytes a second that come from the model's server. */
  linkPerSecond: number;
}

/** A picture that the loaded model can encode. */
export interface CheckedPicture {
  /** How many tiles it is cut into, the global one included. */
  tiles: number;
  /** Seconds that decoding and cutting took in the picture worker. */
  seconds: number;
}

/** A model that is open on the GPU. */
export interface LoadedModel {
  id: string;
  name: string;
  architecture: string;
  /** Tokens that prompt and answer may have together. */
  contextLength: number;
  /** Bytes of the model's files, the vision file included. */
  bytes: number;
  /** Messages may have pictures. */
  vision: boolean;
  /** Sentences for a person about a file that runs but may not be what its makers intended. */
  warnings: string[];
  /** How the model's makers recommend to draw its tokens, as its file says; null if it does not. */
  sampling: Sampling | null;
}

/** How tokens are drawn. */
export interface Sampling {
  /** From 0, which always takes the likeliest token, to 2. */
  temperature: number;
  /** Only from the likeliest tokens that together have this probability, from 0 to 1. */
  topP: number;
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

/** What the store has, file by file, and whether there is space for more. */
export interface StorageReport {
  /** Bytes that the browser says it may still store; it keeps some of them for itself. */
  freeBytes: number;
  /** The browser does not delete files without asking. */
  persisted: boolean;
  files: StoredFileReport[];
}

/** A file in the store, whole or in part. */
export interface StoredFileReport {
  /** The URL it came from, or `local:` and its name. */
  id: string;
  name: string;
  bytesStored: number;
  bytesTotal: number;
  complete: boolean;
  /** The file is on the disk of the person, and the browser has no copy. */
  onDisk: boolean;
  /** When it was last opened, in milliseconds since 1970; 0 if that is not known. */
  used: number;
  /** All bytes have been found to have the published SHA-256. */
  verified: boolean;
}

/** What the engine measures of itself. */
export interface EngineStats {
  /** All memory that Go has taken so far, bytes. */
  memoryBytes: number;
  /** The largest size of Go's heap during the last answer or now, bytes. */
  heapBytes: number;
  /** Weight bytes that JavaScript holds on their way between network, store and GPU. */
  bytesInFlight: number;
  /** The largest value of bytesInFlight so far. */
  peakBytesInFlight: number;
  /** Bytes of all GPU buffers, as they were requested; drivers round up. */
  gpuBytes: number;
  /** Of the last answer, as are the figures below; zeros before the first. */
  promptTokens: number;
  completionTokens: number;
  prefillSeconds: number;
  decodeSeconds: number;
  tokensPerSecond: number;
  /** The answer's token ids, the one that ended it included. */
  tokens: number[];
  /** Tiles of new pictures. */
  tiles: number;
  /** Seconds until the last of the tiles was encoded, a part of prefillSeconds. */
  encodeSeconds: number;
  /** Seconds that decoding and cutting the pictures took in the picture worker. */
  pictureSeconds: number;
  /**
   * Parts of the model's files that were fetched again since it was loaded, because the store had lost them or had
   * other bytes than it was given.
   */
  fetchedAgain: number;
  /** null unless the model's experts are paged. */
  paging: PagingStats | null;
}

/** How paging went during the last answer: until its first token, and after it. */
export interface PagingStats {
  /** Bytes of the slots on the GPU. */
  slotBytes: number;
  /** Routed experts that are in a slot on the GPU. */
  expertsOnGPU: number;
  /** Routed experts of the model. */
  experts: number;
  /** Bytes of the model's files that are still to be downloaded, in the background or when an expert is needed. */
  bytesMissing: number;
  /** Bytes of the model's files. */
  bytesTotal: number;
  /** Why the download in the background waits, such as a server that cannot be reached; empty if it does not. */
  waiting: string;
  prefill: PagingCounts;
  decode: PagingCounts;
}

/** What the expert pager counted during one part of an answer. */
export interface PagingCounts {
  /** Tokens that were computed one by one. */
  tokens: number;
  /** Uses of an expert that was in a slot. */
  hits: number;
  /** Uses of an expert that had to be loaded. */
  misses: number;
  /** Reads from the store. */
  reads: number;
  bytesRead: number;
  /** The part of the uses that are hits, 0 to 1. */
  hitRate: number;
}

/** How a preflight is made. */
export interface PreflightSettings {
  /** The settings of the load that is to follow. */
  paging: Paging | null;
  /** Bytes to download from which GPU, store and network are measured, which takes a few seconds. */
  measureFrom: number;
}

export type { EngineMethods };

/** Page → engine worker. */
export type EngineRequest = Request<EngineMethods>;

/** Engine worker → page. */
export type EngineReply = Reply<EngineMethods>;
