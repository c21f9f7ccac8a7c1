// The engine's public face for pages and packages.

import workerURL from "worker:../worker/engine.worker.ts";
import { Engine } from "./engine.js";

export {
  Engine,
  type Completions,
  type CompletionOptions,
  type LoadOptions,
  type LoadSource,
  type ModelFiles,
  type PreflightOptions,
  type RequestOptions,
} from "./engine.js";
export { EngineError, type ErrorCode, type ErrorData } from "../errors.js";
export type * from "./openai.js";
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
  StoredModel,
  WaitProgress,
} from "../protocol.js";

/** Makes an engine with a worker of its own. Nothing is fetched before its first call. */
export function createEngine(): Engine {
  return new Engine(() => new Worker(workerURL, { type: "module", name: "outrider-engine" }));
}
