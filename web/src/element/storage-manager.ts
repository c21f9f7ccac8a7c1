// What a person does with stored models: looks at their sizes, deletes, checks and exports them.

import type { Engine } from "../client/index.js";
import type { StoredFileReport, StoredModel } from "../protocol.js";
import { storedId } from "../stored-id.js";
import type { Texts } from "../text/texts.js";
import { rememberBandwidth, rememberedBandwidth } from "./bandwidth.js";
import type { CatalogueModel } from "./catalogue.js";
import { modelName } from "./format.js";
import { exportFiles } from "./local-files.js";
import { OtherTabs } from "./other-tabs.js";

/** A model in the store with all its files: the parts of a split model, and the vision file. */
export interface StoredGroup {
  /** The id of its first file. */
  readonly id: string;
  readonly name: string;
  readonly files: readonly StoredFileReport[];
  readonly bytesStored: number;
  readonly complete: boolean;
  /** The files are on the person's disk; the browser has no copy. */
  readonly onDisk: boolean;
  /** Whether one of the files is a vision file beside the model. */
  readonly vision: boolean;
  /** When the model was last opened, in milliseconds since 1970; 0 if that is not known. */
  readonly used: number;
}

/** Returns a text about a task from the table of a language. */
export type TaskText = (t: Texts["storage"]) => string;

/** What is being done with a model, or was done. */
export interface StorageTask {
  readonly id: string;
  /** What it is, for a person; undefined if there is nothing to say. */
  readonly text: TaskText | undefined;
  /** Ends what is under way; undefined once it has ended. */
  readonly cancel?: () => void;
}

/** What the manager needs of the element that shows it. */
export interface StorageHost {
  readonly engine: Engine;
  readonly catalogue: readonly CatalogueModel[];
  /** Schedules a render. */
  requestUpdate(): void;
  /** Settles after the next render. */
  readonly updateComplete: Promise<unknown>;
  /** Where the views are rendered. */
  readonly renderRoot: ParentNode;
}

/** Keeps the list of what is stored, and carries out what the person asks for. */
export class StorageManager {
  readonly #host: StorageHost;
  readonly #report: (error: unknown) => void;
  readonly #otherTabs = new OtherTabs(() => void this.refresh());
  #models: readonly StoredModel[] = [];
  #groups: readonly StoredGroup[] = [];
  #freeBytes = 0;
  #bandwidth = 0;
  #question: StoredGroup | undefined;
  #task: StorageTask | undefined;

  /** report shows an error. */
  constructor(host: StorageHost, report: (error: unknown) => void) {
    this.#host = host;
    this.#report = report;
  }

  /** The models in the store, as the engine lists them. */
  get models(): readonly StoredModel[] {
    return this.#models;
  }

  /** The models in the store with their vision files, and with the files that are read from the disk. */
  get groups(): readonly StoredGroup[] {
    return this.#groups;
  }

  /** Bytes that the browser may store besides, as it says. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** The model whose deletion the person is asked about. */
  get question(): StoredGroup | undefined {
    return this.#question;
  }

  /** What is being done, or was done last. */
  get task(): StorageTask | undefined {
    return this.#task;
  }

  /** The limit for the speed of downloads, in bytes a second; 0 for none. */
  get bandwidth(): number {
    return this.#bandwidth;
  }

  /** Limits the speed of downloads, now and in later visits; 0 removes the limit. */
  limitBandwidth(bytesPerSecond: number): void {
    rememberBandwidth(bytesPerSecond);
    this.#applyBandwidth(bytesPerSecond);
  }

  /** Begins to follow what other tabs download, and limits downloads as in earlier visits. */
  start(): void {
    this.#otherTabs.start();
    const limit = rememberedBandwidth();
    if (limit > 0) this.#applyBandwidth(limit);
  }

  /** Ends what is under way. */
  stop(): void {
    this.#task?.cancel?.();
    this.#otherTabs.stop();
  }

  /** Reports whether another tab downloads a file. */
  downloadsElsewhere = (id: string): boolean => this.#otherTabs.downloads(id);

  /** Reads what is stored. */
  async refresh(): Promise<void> {
    const { engine } = this.#host;
    const none = () => undefined; // the next load reports the same error
    const [models, report] = await Promise.all([engine.models().catch(none), engine.storage().catch(none)]);
    this.#models = (models ?? []).map(repaired);
    this.#groups = groupFiles((report?.files ?? []).map(repaired), this.#host.catalogue);
    this.#freeBytes = report?.freeBytes ?? 0;
    this.#host.requestUpdate();
  }

  /** Asks whether to delete the model that a file belongs to. */
  async askToDelete(file: string): Promise<void> {
    await this.refresh();
    this.#ask(this.#groups.find(({ files }) => files.some(({ id }) => id === file)));
  }

  /** Asks whether to delete the model that has not been used for the longest time. */
  async suggest(): Promise<void> {
    await this.refresh();
    this.#ask(leastRecentlyUsed(this.#groups));
  }

  /** Closes the question; nothing is deleted. */
  decline(): void {
    this.#question = undefined;
    this.#host.requestUpdate();
  }

  /** Deletes the model of the question. */
  async agree(): Promise<void> {
    const { files = [] } = this.#question ?? {};
    this.decline();
    try {
      for (const { id } of files) await this.#host.engine.deleteModel(id);
    } catch (error) {
      this.#report(error);
    }
    await this.refresh();
  }

  /** Reads all bytes of a model again and compares them with what was stored. */
  check(group: StoredGroup): Promise<void> {
    return this.#run(
      group,
      (t) => t.checking(0),
      async (signal) => {
        let [changed, before] = [0, 0];
        for (const { id, bytesStored } of group.files) {
          const onProgress = (bytes: number) => this.#showPart(group, before + bytes, (t) => t.checking);
          changed += await this.#host.engine.verifyModel(id, { signal, onProgress });
          before += bytesStored;
        }
        return (t) => (changed ? t.changed(changed) : t.unchanged);
      },
    );
  }

  /** Writes a model to a file or a folder that the person chooses. */
  export(group: StoredGroup): Promise<void> {
    return this.#run(
      group,
      (t) => t.exporting(0),
      async (signal) => {
        const show = (done: number) => this.#showPart(group, done, (t) => t.exporting);
        await exportFiles(this.#host.engine, group.files, signal, show);
        return (t) => t.exported;
      },
    );
  }

  #applyBandwidth(bytesPerSecond: number): void {
    this.#bandwidth = bytesPerSecond;
    this.#host.engine.limitBandwidth(bytesPerSecond).catch(this.#report);
    this.#host.requestUpdate();
  }

  #ask(group: StoredGroup | undefined): void {
    if (!group) return;
    this.#question = group;
    this.#host.requestUpdate();
    const { updateComplete, renderRoot } = this.#host;
    void updateComplete.then(() => renderRoot.querySelector("dialog")?.showModal());
  }

  /** Carries out one task; body returns how it ended. */
  async #run({ id }: StoredGroup, text: TaskText, body: (signal: AbortSignal) => Promise<TaskText>): Promise<void> {
    this.#task?.cancel?.();
    const abort = new AbortController();
    const end = (ended?: TaskText) => {
      if (!abort.signal.aborted) this.#set({ id, text: ended });
    };
    const cancel = () => {
      end((t) => t.stopped);
      abort.abort();
    };
    this.#set({ id, text, cancel });
    try {
      end(await body(abort.signal));
    } catch (error) {
      if (abort.signal.aborted) return;
      end();
      if ((error as Error).name !== "AbortError") this.#report(error); // the person closed the file picker
    }
    await this.refresh();
  }

  /** Shows how much of a model's bytes a task has done. */
  #showPart(
    { bytesStored }: StoredGroup,
    done: number,
    text: (t: Texts["storage"]) => (percent: number) => string,
  ): void {
    const percent = Math.floor((100 * done) / bytesStored);
    this.#set({ ...this.#task!, text: (t) => text(t)(percent) });
  }

  #set(task: StorageTask): void {
    this.#task = task;
    this.#host.requestUpdate();
  }
}

/** Returns files as models: the parts of a split model together, and with a model of the catalogue its vision file. */
export function groupFiles(files: readonly StoredFileReport[], catalogue: readonly CatalogueModel[]): StoredGroup[] {
  const ids = new Set(files.map(({ id }) => modelOf(id, files, catalogue)));
  return [...ids].map((id) => {
    const members = files.filter((file) => modelOf(file.id, files, catalogue) === id);
    return {
      id,
      name: catalogue.find(({ url }) => storedId(url) === id)?.name ?? modelName(members[0]!.name),
      files: members,
      bytesStored: members.reduce((sum, { bytesStored }) => sum + bytesStored, 0),
      complete: members.every(({ complete }) => complete),
      onDisk: members.every(({ onDisk }) => onDisk),
      vision: members.some((file) => firstPart(file.id) !== id),
      used: Math.max(...members.map(({ used }) => used)),
    };
  });
}

/** Returns an entry of the store with values that can be shown, so that a damaged one does not hide the others. */
function repaired<T extends StoredModel>(entry: T): T {
  const number = (n: number) => (Number.isFinite(n) && n > 0 ? n : 0);
  const { id, name, bytesStored, bytesTotal } = entry;
  const numbers = { bytesStored: number(bytesStored), bytesTotal: number(bytesTotal) };
  const used = "used" in entry ? { used: number(entry.used as number) } : {};
  return { ...entry, id: String(id), name: String(name || id), ...numbers, ...used };
}

/** Returns the id of the first file of the model that a file belongs to. */
function modelOf(id: string, files: readonly StoredFileReport[], catalogue: readonly CatalogueModel[]): string {
  const first = firstPart(id);
  const entry = catalogue.find(({ mmproj }) => mmproj && storedId(mmproj) === first);
  const model = entry && storedId(entry.url);
  return model && files.some((file) => firstPart(file.id) === model) ? model : first;
}

function firstPart(id: string): string {
  return id.replace(/-\d{5}(-of-\d{5}\.gguf)$/i, "-00001$1");
}

/** Returns the model that takes space and has not been used for the longest time; undefined if there is none. */
export function leastRecentlyUsed(groups: readonly StoredGroup[]): StoredGroup | undefined {
  return groups
    .filter(({ onDisk, bytesStored }) => !onDisk && bytesStored > 0)
    .reduce<StoredGroup | undefined>(
      (oldest, group) => (oldest && oldest.used <= group.used ? oldest : group),
      undefined,
    );
}
