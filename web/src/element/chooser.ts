// The view that chooses a model: the catalogue, what is stored, a URL, a local file.

import { html, nothing, type TemplateResult } from "lit";
import { bytes, modelName } from "./format.js";
import { icons } from "./icons.js";
import type { CatalogueModel } from "./catalogue.js";
import type { StoredModel } from "../protocol.js";

export interface ChooserActions {
  /** A catalogue id, a stored model's id or a URL; a vision file by its URL. */
  choose(model: string, mmproj?: string): void;
  open(files: File[]): void;
  remove(id: string): void;
}

/** One row: a catalogue entry, a stored model, or both at once. */
interface Choice {
  model: string;
  name: string;
  note: string;
  stored: StoredModel | undefined;
}

export function chooser(offered: readonly CatalogueModel[], stored: readonly StoredModel[], actions: ChooserActions): TemplateResult {
  return html`
    <section part="chooser" class="chooser" aria-labelledby="choose">
      <slot name="intro"></slot>
      <h2 id="choose">Choose a model</h2>
      <p class="quiet">It runs on this machine. What you write stays here.</p>
      <ul class="choices">${choices(offered, stored).map((choice) => row(choice, actions))}</ul>
      ${urlForm(actions)} ${filePicker(actions)}
    </section>
  `;
}

function choices(offered: readonly CatalogueModel[], stored: readonly StoredModel[]): Choice[] {
  const known = offered.map((entry) => {
    const note = entry.bytes ? `${bytes(entry.bytes)} · ${entry.note}` : entry.note;
    return { model: entry.id, name: entry.name, note, stored: stored.find((s) => s.id === entry.url) };
  });
  const others = stored.filter((s) => !offered.some((entry) => entry.url === s.id || entry.mmproj === s.id));
  return [
    ...known,
    ...others.map((s) => ({ model: s.id, name: modelName(s.name), note: noteOf(s), stored: s })),
  ];
}

const noteOf = ({ name, bytesTotal }: StoredModel) => `${bytes(bytesTotal)}${isVisionFile(name) ? " · vision file" : ""}`;

function row({ model, name, note, stored }: Choice, actions: ChooserActions): TemplateResult {
  return html`
    <li class="choice">
      <button part="choice" class="choose" data-model=${model} ?disabled=${isVisionFile(name)} @click=${() => actions.choose(model)}>
        <span class="name">${name}</span>
        <span class="quiet">${note}</span>
        ${stored ? badge(stored) : nothing}
      </button>
      ${stored
        ? html`<button class="plain icon" aria-label="Delete the stored ${name}" title="Delete from this browser"
            @click=${() => actions.remove(stored.id)}>${icons.trash}</button>`
        : nothing}
    </li>
  `;
}

/** By the name they are published under; such a file is loaded with its model, never alone. */
const isVisionFile = (name: string) => /mmproj/i.test(name);

function badge({ complete, bytesStored, bytesTotal }: StoredModel): TemplateResult {
  const percent = bytesTotal > 0 ? Math.floor((bytesStored / bytesTotal) * 100) : 0;
  return html`<span part="stored" class="badge">${complete ? "Stored" : `${percent || "under 1"} % stored`}</span>`;
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
      <input name="mmproj" type="url" aria-label="Address of its vision file" placeholder="https://…/mmproj.gguf, to show it pictures (optional)"
             autocomplete="off" spellcheck="false" />
    </form>
  `;
}

function filePicker(actions: ChooserActions): TemplateResult {
  const pick = (event: Event) => {
    const input = event.target as HTMLInputElement;
    if (input.files?.length) actions.open([...input.files]);
    input.value = ""; // the same file may be picked again
  };
  return html`
    <label class="file">
      <input type="file" accept=".gguf" multiple @change=${pick} />
      ${icons.file}<span>Open GGUF files, or drop them here</span>
    </label>
  `;
}
