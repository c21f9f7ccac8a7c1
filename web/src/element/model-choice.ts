// Which model an element opens: the attributes that name it, and what a person chooses in their place.

import type { Engine, LoadSource } from "../client/engine.js";
import { sortFiles } from "./attachments.js";
import type { CatalogueModel } from "./catalogue.js";
import type { OpenModel } from "./conversation-controller.js";
import { modelName } from "./format.js";
import { requestPersistence, sourceName } from "./loading.js";
import { importFiles } from "./local-files.js";

/** The element whose attributes name the model. */
export interface ModelChoiceHost {
  readonly engine: Engine;
  readonly catalogue: readonly CatalogueModel[];
  model: string | null;
  mmproj: string | null;
  integrity: string | null;
  /** Loads a model under a name for the person. */
  load(source: LoadSource, name: string): Promise<void>;
  /** Attaches pictures to the message being written. */
  attach(pictures: readonly File[]): void;
}

/** What a choice calls beside the element's own methods. */
export interface ModelChoiceActions {
  /** Returns the model that is open. */
  model(): OpenModel | undefined;
  /** Unloads the model. */
  unload(): void;
  /** Shows an error. */
  report(error: unknown): void;
}

/** The attributes that name a model. */
type Names = Pick<ModelChoiceHost, "model" | "mmproj" | "integrity">;

/** Loads what the attributes name, and writes them when a person chooses another model. */
export class ModelChoice {
  readonly #host: ModelChoiceHost;
  readonly #actions: ModelChoiceActions;
  /** The value of `model` that has been loaded, or whose load has begun. */
  #applied: string | null = null;
  /** The values of the attributes with which each model was opened. */
  readonly #names = new WeakMap<OpenModel, Names>();

  constructor(host: ModelChoiceHost, actions: ModelChoiceActions) {
    this.#host = host;
    this.#actions = actions;
  }

  /** Acts on a new value of `model`. Has no effect if it is the one that has been loaded. */
  apply(): void {
    const { model } = this.#host;
    if (model === this.#applied) return;
    this.#applied = model;
    if (model) void this.#loadNamed(model);
    else this.leave();
  }

  /** Loads a model by its catalogue id, its URL or its id in the store, with a vision file. */
  choose(model: string, mmproj?: string): void {
    const host = this.#host;
    requestPersistence();
    if (model !== host.model) host.integrity = null;
    host.mmproj = mmproj || null;
    if (model === host.model) void this.#loadNamed(model);
    else host.model = model;
  }

  /** Loads files that the person has picked or dropped. */
  open(files: File[]): void {
    const host = this.#host;
    this.#applied = host.model = host.mmproj = host.integrity = null;
    void host.load(files, sourceName(files));
  }

  /** Opens files on the disk without a copy. */
  async openInPlace(handles: readonly FileSystemFileHandle[]): Promise<void> {
    const imported = await importFiles(this.#host.engine, handles).catch(this.#actions.report);
    if (imported) this.choose(imported.model, imported.mmproj);
  }

  /** Runs end, which closes the model. Returns a function that loads it again; meanwhile the attributes name it. */
  suspend(end: () => void): () => void {
    const { model, mmproj, integrity } = this.#host;
    const open = this.#actions.model();
    end();
    Object.assign(this.#host, { model, mmproj, integrity });
    this.#applied = model;
    return () => {
      if (this.#host.model !== model) return; // apply loads another
      if (open) void this.#host.load(open.source, open.name);
      else if (model) void this.#loadNamed(model);
    };
  }

  /** Opens model files, in place if they have handles. Others are attached as pictures if a model is open. */
  receive(files: File[], handles: FileSystemFileHandle[]): void {
    const { models, pictures } = sortFiles(files);
    if (models.length && handles.length) void this.openInPlace(handles);
    else if (models.length || (pictures.length && !this.#actions.model())) this.open(files);
    else this.#host.attach(pictures);
  }

  /** Unloads the model and shows the chooser. */
  leave(): void {
    this.#host.mmproj = this.#host.integrity = null;
    this.#actions.unload();
  }

  /** Lets the attributes name the model that is open: another that they name may have been declined. */
  settle(): void {
    const model = this.#actions.model();
    if (!model) return;
    const names = this.#names.get(model);
    const { model: name, mmproj, integrity } = this.#host;
    if (!names) this.#names.set(model, { model: name, mmproj, integrity });
    else if (names.model !== name && name === this.#applied) this.#applied = Object.assign(this.#host, names).model;
  }

  /** Removes the attribute of a model that is not open any more, unless it names another by now. */
  forget(): void {
    if (this.#host.model === this.#applied) this.#host.model = null;
    this.#applied = null;
  }

  /** Loads a model by its catalogue id, its URL or its id in the store, with the vision file that `mmproj` names. */
  #loadNamed(model: string): Promise<void> {
    const { catalogue, mmproj, integrity } = this.#host;
    const entry = catalogue.find(({ id }) => id === model);
    const files = { model: entry?.url ?? model, mmproj: mmproj ?? entry?.mmproj ?? null };
    return this.#host.load({ ...files, integrity: integrity ?? entry?.sha256 }, entry?.name ?? modelName(model));
  }
}
