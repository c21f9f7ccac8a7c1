// What pages and packages import: the engine, its types and its errors.

import { type Assets, startWithAssets } from "../assets.js";
import { watched } from "../worker-lock.js";
import { ownAssets } from "./assets.js";
import { Engine } from "./engine.js";

export type { Assets } from "../assets.js";
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

/** Options of {@link createEngine}. */
export interface EngineOptions {
  /** Addresses of files that are not beside Outrider's script, absolute or relative to the page. */
  assets?: Partial<Assets>;
}

/** Returns an engine with a worker of its own, which starts with the first call. */
export function createEngine({ assets = {} }: EngineOptions = {}): Engine {
  const resolved = { ...ownAssets, ...absolute(assets) };
  const start = (name: string) => startWithAssets(resolved.engineWorker, name, resolved);
  return new Engine(() => watched("outrider-engine", start));
}

/** Returns addresses that do not depend on who uses them. */
function absolute(assets: Partial<Assets>): Partial<Assets> {
  const base = globalThis.document?.baseURI;
  return Object.fromEntries(Object.entries(assets).map(([name, url]) => [name, new URL(url, base).href]));
}
