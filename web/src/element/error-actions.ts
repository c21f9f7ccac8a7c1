// What the page offers beside an error of a load, so that the person can act on it.

import { isPair, type LoadSource, type ModelFiles } from "../client/engine.js";
import type { Engine, EngineError } from "../client/index.js";
import type { Texts } from "../text/texts.js";
import { decoded } from "./format.js";
import { requestAccess } from "./local-files.js";

/** A button beside an error. */
export interface ErrorAction {
  readonly label: string;
  run(): void;
}

/** What the actions do. */
export interface ErrorActionHost {
  readonly engine: Engine;
  readonly texts: Texts;
  /** Removes the error. */
  dismiss(): void;
  /** Has the person enter an address. */
  enterAddress(): void;
  /** Suggests what to delete. */
  freeSpace(): void;
  /** Shows another error. */
  report(error: unknown): void;
}

/** What has failed. */
export interface Failure {
  readonly error: EngineError;
  /** What was being loaded. */
  readonly source?: LoadSource | undefined;
  /** Repeats what failed. */
  readonly retry: (() => void) | undefined;
}

/** Returns the actions for an error. Without any, only trying again may help. */
export function errorActions({ error, source, retry = () => {} }: Failure, host: ErrorActionHost): ErrorAction[] {
  const t = host.texts.errors;
  const ids = source ? fileIds(source) : [];
  const attempt = (body: () => Promise<boolean>) =>
    void body().then(
      (done) => done && retry(),
      (thrown) => host.report(thrown),
    );
  switch (error.code) {
    case "file_changed": {
      const id = changedFile(error.message, ids);
      const startOver = () => host.engine.deleteModel(id!).then(() => true);
      const remove = { label: t.startOver, run: () => attempt(startOver) };
      return [{ label: t.keep, run: host.dismiss }, ...(id ? [remove] : [])];
    }
    case "address_needed":
      return [{ label: t.enterAddress, run: host.enterAddress }];
    case "permission_needed":
      return [{ label: t.allow, run: () => attempt(() => requestAccess(host.engine, ids)) }];
    case "storage_full":
      return [{ label: t.freeSpace, run: host.freeSpace }];
  }
  return [];
}

/** Returns the ids of the files that a source names: the first file of the model, and the vision file. */
export function fileIds(source: LoadSource): string[] {
  const { model, mmproj } = isPair(source) ? source : { model: source, mmproj: undefined };
  return [model, mmproj].flatMap((files) => (files ? idsOf(files) : []));
}

function idsOf(files: ModelFiles): string[] {
  if (typeof files === "string") return [files];
  return [files].flat().map(({ name }) => `local:${name}`);
}

/** Returns the id of the file that an error names. One is deleted only if there is no doubt which. */
function changedFile(message: string, ids: readonly string[]): string | undefined {
  const text = message.replace(/-\d{5}(-of-\d{5}\.gguf)/i, "-00001$1"); // a split model is deleted with all its parts
  const fileName = (id: string) => decoded(id.replace(/[?#].*/, "").replace(/^.*[/:]/, ""));
  const named = ids.filter((id) => text.includes(fileName(id)));
  return named.length === 1 ? named[0] : undefined;
}
