// The methods of the engine worker, which the page calls.

import type { ChatCompletion, ChatCompletionRequest } from "./client/openai.js";
import type {
  ChatProgress,
  CheckedPicture,
  Delta,
  EngineStats,
  LoadedModel,
  ModelSource,
  Paging,
  PreflightReport,
  PreflightSettings,
  Progress,
  StorageReport,
  StoredModel,
} from "./protocol.js";
import type { ExportTarget } from "./worker/storage/export-file.js";

/**
 * The methods of the engine worker. `mmproj` is the model's vision file; when it is null, a vision file among the
 * source's files is used.
 */
export interface EngineMethods {
  preflight: {
    args: [source: ModelSource, mmproj: ModelSource | null, settings: PreflightSettings];
    result: PreflightReport;
  };
  load: {
    args: [source: ModelSource, mmproj: ModelSource | null, paging: Paging | null];
    progress: Progress;
    result: LoadedModel;
  };
  /** Stores a model without loading it. */
  download: { args: [source: ModelSource, mmproj: ModelSource | null]; progress: Progress; result: null };
  /** A streamed answer arrives as deltas, and the result is null. */
  chat: {
    args: [request: ChatCompletionRequest];
    progress: ChatProgress | Delta;
    result: ChatCompletion | null;
  };
  /** Decodes the picture at a URL as a request would, and keeps it for the request. */
  picture: { args: [url: string]; result: CheckedPicture };
  unload: { args: []; result: null };
  /** Stops downloads. An answer that needs an expert which is not stored still fetches it. */
  pause: { args: []; result: null };
  /** Continues downloads, as the next load does. */
  resume: { args: []; result: null };
  /** Limits the speed of all downloads together, in bytes a second; 0 for no limit. */
  limitBandwidth: { args: [bytesPerSecond: number]; result: null };
  models: { args: []; result: StoredModel[] };
  delete: { args: [model: string]; result: null };
  stats: { args: []; result: EngineStats };
  storage: { args: []; result: StorageReport };
  /**
   * Reads a stored file again and drops the parts that have changed; returns how many did. Progress is the number of
   * bytes read.
   */
  verify: { args: [file: string]; progress: number; result: number };
  /** Writes a complete file to a target. Progress is the number of bytes written. */
  export: { args: [file: string, target: ExportTarget]; progress: number; result: null };
  /** Opens a file on the disk in place and returns its id. */
  import: { args: [handle: FileSystemFileHandle]; result: string };
  /** Returns the handle of a file on the disk; null for a file of which the browser has a copy. */
  handle: { args: [file: string]; result: FileSystemFileHandle | null };
}
