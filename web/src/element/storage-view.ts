// The list of stored models with what can be done with each, and the question before one is deleted.

import { html, nothing, type TemplateResult } from "lit";
import type { Texts } from "../text/texts.js";
import { bandwidthSelect } from "./bandwidth.js";
import { canExport } from "./local-files.js";
import type { StorageManager, StorageTask, StoredGroup } from "./storage-manager.js";

/** Renders the stored models; nothing if there are none. */
export function storageView(t: Texts, manager: StorageManager): TemplateResult | typeof nothing {
  const { groups, freeBytes } = manager;
  if (groups.length === 0) return nothing;
  const stored = groups.reduce((sum, { onDisk, bytesStored }) => sum + (onDisk ? 0 : bytesStored), 0);
  const free = freeBytes > 0 ? ` · ${t.storage.free(freeBytes)}` : "";
  return html`
    <details part="storage" class="storage">
      <summary>${t.storage.stored(stored)}${free}</summary>
      <ul>${groups.map((group) => row(t, group, manager))}</ul>
      <div class="storage-foot">
        <button class="soft" ?disabled=${stored === 0} @click=${() => void manager.suggest()}>${
          t.storage.freeSpace
        }</button>
        ${bandwidthSelect(t.storage, manager.bandwidth, (limit) => manager.limitBandwidth(limit))}
      </div>
    </details>
  `;
}

function row(t: Texts, group: StoredGroup, manager: StorageManager): TemplateResult {
  const task = manager.task?.id === group.id ? manager.task : undefined;
  const exportable = group.complete && !group.onDisk && canExport(group.files.length);
  return html`
    <li class="stored-model">
      <div>
        <span class="name" dir="auto">${group.name}</span>
        <span class="quiet">${describe(t, group, Date.now())}</span>
        ${task?.text ? taskLine(t, task) : nothing}
      </div>
      <div class="actions">
        <button class="link" @click=${() => void manager.check(group)}>${t.storage.check}</button>
        ${exportable ? exportButton(t, group, manager) : nothing}
        <button class="link" @click=${() => void manager.askToDelete(group.id)}>${t.storage.delete}</button>
      </div>
    </li>
  `;
}

function exportButton({ storage: t }: Texts, group: StoredGroup, manager: StorageManager): TemplateResult {
  return html`<button class="link" @click=${() => void manager.export(group)}>${t.export}</button>`;
}

function taskLine({ storage: t }: Texts, { text, cancel }: StorageTask): TemplateResult {
  const button = cancel ? html`<button class="link" @click=${cancel}>${t.stop}</button>` : nothing;
  return html`<span class="quiet figures" role="status">${text?.(t)} ${button}</span>`;
}

/** Returns, for example, "44.3 GB with its vision file · used 3 days ago". */
export function describe({ format, storage: t }: Texts, group: StoredGroup, now: number): string {
  const bytes = format.bytes(group.bytesStored);
  const size = group.vision ? t.withVision(bytes) : bytes;
  const parts = [group.onDisk ? t.onDisk(size) : size];
  if (!group.complete) parts.push(t.incomplete);
  if (group.used) parts.push(t.used(format.timeAgo(group.used, now)));
  return parts.join(" · ");
}

/** Renders the question whether to delete a model; nothing without one. */
export function deleteQuestion(t: Texts, manager: StorageManager): TemplateResult | typeof nothing {
  const { question } = manager;
  if (!question) return nothing;
  const text = question.onDisk ? t.storage.staysOnDisk : t.storage.frees(question.bytesStored);
  return html`
    <dialog part="question" aria-labelledby="question" @close=${() => manager.decline()}>
      <h2 id="question" dir="auto">${t.storage.question(question.name)}</h2>
      <p>${describe(t, question, Date.now())}</p>
      <p class="quiet">${text}</p>
      <div class="actions">
        <button class="soft" autofocus @click=${() => manager.decline()}>${t.storage.keep}</button>
        <button class="main" @click=${() => void manager.agree()}>${t.storage.delete}</button>
      </div>
    </dialog>
  `;
}
