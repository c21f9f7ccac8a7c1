// What pages and packages import: the engine, its types and its errors.

import workerURL from "worker:../worker/engine.worker.ts";
import { watched } from "../worker-lock.js";
import { Engine } from "./engine.js";

export { EngineError, type ErrorCode, type ErrorData } from "../errors.js";
export type {
  ChatProgress,
  CheckedPicture,
  EngineStats,
  LoadedModel,
  MachineReport,
  Paging,
  PagingCounts,
  PagingStats,
  PictureProgress,
  PreflightReason,
  PreflightReport,
  Progress,
  RecoverProgress,
  RestartProgress,
  StoredModel,
  WaitProgress,
} from "../protocol.js";
export {
  type ByteOptions,
  type CompletionOptions,
  type Completions,
  Engine,
  type LoadOptions,
  type LoadSource,
  type ModelFiles,
  type PreflightOptions,
  type RequestOptions,
} from "./engine.js";
export type * from "./openai.js";

/** Returns an engine with a worker of its own, which starts with the first call. */
export function createEngine(): Engine {
  return new Engine(() => watched("outrider-engine", (name) => new Worker(workerURL, { type: "module", name })));
}
