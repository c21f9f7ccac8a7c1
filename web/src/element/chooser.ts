// Where a person chooses a model: one of the catalogue, a stored one, an address or files.

import { html, nothing, type TemplateResult } from "lit";
import type { StoredModel } from "../protocol.js";
import { storedId } from "../stored-id.js";
import type { Texts } from "../text/texts.js";
import type { CatalogueModel } from "./catalogue.js";
import { modelName } from "./format.js";
import { icons } from "./icons.js";
import { canReadInPlace, isVisionFile, pickModels } from "./local-files.js";

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
export function chooser(t: Texts, models: ChooserModels, actions: ChooserActions, storage: unknown): TemplateResult {
  return html`
    <section part="chooser" class="chooser" aria-labelledby="choose">
      <slot name="intro"></slot>
      <h2 id="choose">${t.chooser.heading}</h2>
      <p class="quiet">${t.chooser.privacy}</p>
      <ul class="choices">${choices(t, models).map((choice) => row(t.chooser, choice, actions))}</ul>
      ${urlForm(t.chooser, actions)} ${filePicker(t.chooser, actions)} ${storage}
    </section>
  `;
}

function choices(t: Texts, { offered, stored, downloadsElsewhere }: ChooserModels): Choice[] {
  const isOffered = ({ id }: StoredModel) =>
    offered.some(({ url, mmproj = "" }) => storedId(url) === id || storedId(mmproj) === id);
  const others = stored.filter((s) => !isOffered(s));
  const all = [
    ...offered.map((entry) => offeredChoice(t, entry, stored)),
    ...others.map((s) => ({ model: s.id, name: modelName(s.name), note: storedNote(t, s), stored: s })),
  ];
  return all.map((choice) => ({ ...choice, elsewhere: choice.stored ? downloadsElsewhere(choice.stored.id) : false }));
}

function offeredChoice(t: Texts, entry: CatalogueModel, stored: readonly StoredModel[]): Choice {
  const parts = [entry.bytes && t.format.bytes(entry.bytes), entry.note ?? t.chooser.notes[entry.id]];
  const note = parts.filter(Boolean).join(" · ");
  return { model: entry.id, name: entry.name, note, stored: stored.find(({ id }) => id === storedId(entry.url)) };
}

function storedNote({ format, chooser: t }: Texts, { name, bytesTotal }: StoredModel): string {
  return format.bytes(bytesTotal) + (isVisionFile(name) ? ` · ${t.visionFile}` : "");
}

function row(
  t: Texts["chooser"],
  { model, name, note, stored, elsewhere }: Choice,
  actions: ChooserActions,
): TemplateResult {
  return html`
    <li class="choice">
      <button part="choice" class="choose" data-model=${model} ?disabled=${isVisionFile(name)}
        @click=${() => actions.choose(model)}>
        <span class="name" dir="auto">${name}</span>
        <span class="quiet">${elsewhere ? t.elsewhere : note}</span>
        ${stored ? badge(t, stored) : nothing}
      </button>
      ${
        stored
          ? html`<button class="plain icon" aria-label=${t.delete(name)} title=${t.deleteTitle}
            @click=${() => actions.delete(stored.id)}>${icons.trash}</button>`
          : nothing
      }
    </li>
  `;
}

function badge(t: Texts["chooser"], { complete, bytesStored, bytesTotal }: StoredModel): TemplateResult {
  const percent = bytesTotal > 0 ? Math.floor((bytesStored / bytesTotal) * 100) : 0;
  return html`<span part="stored" class="badge">${complete ? t.stored : t.storedPart(percent)}</span>`;
}

/** Moves the focus to where an address is entered; root has the rendered chooser. */
export function focusAddress(root: ParentNode): void {
  root.querySelector<HTMLInputElement>(".url input")?.focus();
}

function urlForm(t: Texts["chooser"], actions: ChooserActions): TemplateResult {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const [url, mmproj] = ["url", "mmproj"].map((name) => String(data.get(name)).trim());
    if (url) actions.choose(url, mmproj);
  };
  return html`
    <form class="url" @submit=${submit}>
      <input name="url" type="url" required aria-label=${t.url} placeholder=${t.urlExample}
             autocomplete="off" spellcheck="false" />
      <button class="soft">${t.load}</button>
      <input name="mmproj" type="url" aria-label=${t.visionURL}
             placeholder=${t.visionURLExample} autocomplete="off" spellcheck="false" />
    </form>
  `;
}

function filePicker(t: Texts["chooser"], actions: ChooserActions): TemplateResult {
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
      ${icons.file}
      <span>${t.files} ${canReadInPlace() ? nothing : html`<small part="copied">${t.copied}</small>`}</span>
    </label>
  `;
}
