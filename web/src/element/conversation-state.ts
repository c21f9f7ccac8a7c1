// What <scout-chat> does at any time, as data.

import type { LoadSource } from "../client/engine.js";
import type { EngineError } from "../errors.js";
import type { LoadedModel } from "../protocol.js";
import type { Answer } from "./answer.js";
import type { Loading } from "./loading.js";

/** A model that is open, and what it was loaded from. */
export interface OpenModel {
  readonly source: LoadSource;
  /** Its name for the person. */
  readonly name: string;
  readonly info: LoadedModel;
}

/** What a conversation does. The messages are not part of it, because they outlive a load. */
export type ConversationState =
  | { readonly status: "idle" }
  | { readonly status: "loading"; readonly work: Loading }
  | { readonly status: "ready"; readonly model: OpenModel }
  | GeneratingState
  | ErrorState;

/** An answer is under way. */
export interface GeneratingState {
  readonly status: "generating";
  readonly model: OpenModel;
  readonly work: Answer;
  /** What failed beside the answer, such as the check of a picture. */
  readonly error?: EngineError;
}

/** A load, an answer or something else has failed. */
export interface ErrorState {
  readonly status: "error";
  readonly error: EngineError;
  /** Repeats what failed. */
  readonly retry: (() => void) | undefined;
  /** What was being loaded or was in use; undefined if neither. */
  readonly source?: LoadSource | undefined;
  /** The model that is still open; undefined if a load has failed. */
  readonly model: OpenModel | undefined;
}
