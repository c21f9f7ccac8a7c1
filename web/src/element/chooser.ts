// Where a person chooses a model: one of the catalogue, a stored one, an address or files.

import { html, nothing, type TemplateResult } from "lit";
import type { StoredModel } from "../protocol.js";
import { storedId } from "../stored-id.js";
import type { CatalogueModel } from "./catalogue.js";
import { bytes, modelName } from "./format.js";
import { icons } from "./icons.js";
import { canReadInPlace, pickModels } from "./local-files.js";

/** What the chooser calls. */
export interface ChooserActions {
  /** model is a catalogue id, a stored model's id or a URL; mmproj is the URL of its vision file. */
  choose(model: string, mmproj?: string): void;
  /** Opens local files. */
  open(files: File[]): void;
  /** Opens files on the disk without a copy. */
  openInPlace(handles: FileSystemFileHandle[]): void;
  /** Asks whether to delete a stored model. */
  delete(id: string): void;
  /** Shows an error. */
  report(error: unknown): void;
}

/** One row: a catalogue entry, a stored model, or both at once. */
interface Choice {
  model: string;
  name: string;
  note: string;
  stored: StoredModel | undefined;
  /** Another tab downloads it. */
  elsewhere?: boolean;
}

/** What the chooser shows. */
export interface ChooserModels {
  readonly offered: readonly CatalogueModel[];
  readonly stored: readonly StoredModel[];
  /** Reports whether another tab downloads a file. */
  downloadsElsewhere(id: string): boolean;
}

/** Renders the chooser with the models on offer and the stored ones; storage is the view of the store below. */
export function chooser(models: ChooserModels, actions: ChooserActions, storage: unknown): TemplateResult {
  return html`
    <section part="chooser" class="chooser" aria-labelledby="choose">
      <slot name="intro"></slot>
      <h2 id="choose">Choose a model</h2>
      <p class="quiet">It runs on this machine. What you write stays here.</p>
      <ul class="choices">${choices(models).map((choice) => row(choice, actions))}</ul>
      ${urlForm(actions)} ${filePicker(actions)} ${storage}
    </section>
  `;
}

function choices({ offered, stored, downloadsElsewhere }: ChooserModels): Choice[] {
  const isOffered = ({ id }: StoredModel) =>
    offered.some(({ url, mmproj = "" }) => storedId(url) === id || storedId(mmproj) === id);
  const others = stored.filter((s) => !isOffered(s));
  const all = [
    ...offered.map((entry) => offeredChoice(entry, stored)),
    ...others.map((s) => ({ model: s.id, name: modelName(s.name), note: storedNote(s), stored: s })),
  ];
  return all.map((choice) => ({ ...choice, elsewhere: choice.stored ? downloadsElsewhere(choice.stored.id) : false }));
}

function offeredChoice(entry: CatalogueModel, stored: readonly StoredModel[]): Choice {
  const note = entry.bytes ? `${bytes(entry.bytes)} · ${entry.note}` : entry.note;
  return { model: entry.id, name: entry.name, note, stored: stored.find(({ id }) => id === storedId(entry.url)) };
}

function storedNote({ name, bytesTotal }: StoredModel): string {
  return `${bytes(bytesTotal)}${isVisionFile(name) ? " · vision file" : ""}`;
}

function row({ model, name, note, stored, elsewhere }: Choice, actions: ChooserActions): TemplateResult {
  return html`
    <li class="choice">
      <button part="choice" class="choose" data-model=${model} ?disabled=${isVisionFile(name)}
        @click=${() => actions.choose(model)}>
        <span class="name">${name}</span>
        <span class="quiet">${elsewhere ? "Downloading in another tab: choose it to join" : note}</span>
        ${stored ? badge(stored) : nothing}
      </button>
      ${
        stored
          ? html`<button class="plain icon" aria-label="Delete the stored ${name}" title="Delete from this browser"
            @click=${() => actions.delete(stored.id)}>${icons.trash}</button>`
          : nothing
      }
    </li>
  `;
}

/**
 * Reports whether a file is a vision file, by the name under which they are published. It is loaded with its model,
 * never alone.
 */
function isVisionFile(name: string): boolean {
  return /mmproj/i.test(name);
}

function badge({ complete, bytesStored, bytesTotal }: StoredModel): TemplateResult {
  const percent = bytesTotal > 0 ? Math.floor((bytesStored / bytesTotal) * 100) : 0;
  return html`<span part="stored" class="badge">${complete ? "Stored" : `${percent || "under 1"} % stored`}</span>`;
}

/** Moves the focus to where an address is entered; root has the rendered chooser. */
export function focusAddress(root: ParentNode): void {
  root.querySelector<HTMLInputElement>(".url input")?.focus();
}

function urlForm(actions: ChooserActions): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const [url, mmproj] = ["url", "mmproj"].map((name) => String(data.get(name)).trim());
    if (url) actions.choose(url, mmproj);
  };
  return html`
    <form class="url" @submit=${submit}>
      <input name="url" type="url" required aria-label="Address of a GGUF file" placeholder="https://…/model.gguf"
             autocomplete="off" spellcheck="false" />
      <button class="soft">Load</button>
      <input name="mmproj" type="url" aria-label="Address of its vision file"
             placeholder="https://…/mmproj.gguf, to read pictures (optional)" autocomplete="off" spellcheck="false" />
    </form>
  `;
}

function filePicker(actions: ChooserActions): TemplateResult {
  const pick = (event: Event) => {
    const input = event.target as HTMLInputElement;
    if (input.files?.length) actions.open([...input.files]);
    input.value = ""; // the same file may be picked again
  };
  const pickInPlace = (event: Event) => {
    if (!canReadInPlace()) return;
    event.preventDefault();
    pickModels().then((handles) => handles.length > 0 && actions.openInPlace(handles), actions.report);
  };
  return html`
    <label class="file">
      <input type="file" accept=".gguf" multiple @click=${pickInPlace} @change=${pick} />
      ${icons.file}<span>Open GGUF files, or drop them here</span>
    </label>
  `;
}
