// What pages and packages import: the engine, its types and its errors.

import workerURL from "worker:../worker/engine.worker.ts";
import { startWorker } from "../script-url.js";
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
  StoredModel,
  WaitProgress,
} from "../protocol.js";
export {
  type CompletionOptions,
  type Completions,
  Engine,
  type ExportOptions,
  type LoadOptions,
  type LoadSource,
  type ModelFiles,
  type PreflightOptions,
  type RequestOptions,
} from "./engine.js";
export type * from "./openai.js";

/** Returns an engine with a worker of its own, which starts with the first call. */
export function createEngine(): Engine {
  return new Engine(() => startWorker(workerURL, "outrider-engine"));
}
