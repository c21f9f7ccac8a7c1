// The list of stored models with what can be done with each, and the question before one is deleted.

import { html, nothing, type TemplateResult } from "lit";
import { bandwidthSelect } from "./bandwidth.js";
import { bytes, timeAgo } from "./format.js";
import { canExport } from "./local-files.js";
import type { StorageManager, StorageTask, StoredGroup } from "./storage-manager.js";

/** Renders the stored models; nothing if there are none. */
export function storageView(manager: StorageManager): TemplateResult | typeof nothing {
  const { groups, freeBytes } = manager;
  if (groups.length === 0) return nothing;
  const stored = groups.reduce((sum, { onDisk, bytesStored }) => sum + (onDisk ? 0 : bytesStored), 0);
  const free = freeBytes > 0 ? ` · ${bytes(freeBytes)} free` : "";
  return html`
    <details part="storage" class="storage">
      <summary>Stored models: ${bytes(stored)}${free}</summary>
      <ul>${groups.map((group) => row(group, manager))}</ul>
      <div class="storage-foot">
        <button class="soft" ?disabled=${stored === 0} @click=${() => void manager.suggest()}>Free space…</button>
        ${bandwidthSelect(manager.bandwidth, (limit) => manager.limitBandwidth(limit))}
      </div>
    </details>
  `;
}

function row(group: StoredGroup, manager: StorageManager): TemplateResult {
  const task = manager.task?.id === group.id ? manager.task : undefined;
  const exportable = group.complete && !group.onDisk && canExport(group.files.length);
  return html`
    <li class="stored-model">
      <div>
        <span class="name">${group.name}</span>
        <span class="quiet">${describe(group, Date.now())}</span>
        ${task?.text ? taskLine(task) : nothing}
      </div>
      <div class="actions">
        <button class="link" @click=${() => void manager.check(group)}>Check</button>
        ${exportable ? html`<button class="link" @click=${() => void manager.export(group)}>Export</button>` : nothing}
        <button class="link" @click=${() => void manager.askToDelete(group.id)}>Delete</button>
      </div>
    </li>
  `;
}

function taskLine({ text, cancel }: StorageTask): TemplateResult {
  const button = cancel ? html`<button class="link" @click=${cancel}>Stop</button>` : nothing;
  return html`<span class="quiet figures" role="status">${text} ${button}</span>`;
}

/** Returns, for example, "44.3 GB with its vision file · used 3 days ago". */
export function describe(group: StoredGroup, now: number): string {
  const size = bytes(group.bytesStored) + (group.vision ? " with its vision file" : "");
  const parts = [group.onDisk ? `${size}, on your disk` : size];
  if (!group.complete) parts.push("incomplete");
  if (group.used) parts.push(`used ${timeAgo(group.used, now)}`);
  return parts.join(" · ");
}

/** Renders the question whether to delete a model; nothing without one. */
export function deleteQuestion(manager: StorageManager): TemplateResult | typeof nothing {
  const { question } = manager;
  if (!question) return nothing;
  const text = question.onDisk
    ? "The file stays on your disk; only the page forgets it."
    : `This frees ${bytes(question.bytesStored)}. Using the model again downloads or copies it again.`;
  return html`
    <dialog part="question" aria-labelledby="question" @close=${() => manager.decline()}>
      <h2 id="question">Delete ${question.name}?</h2>
      <p>${describe(question, Date.now())}</p>
      <p class="quiet">${text}</p>
      <div class="actions">
        <button class="soft" autofocus @click=${() => manager.decline()}>Keep</button>
        <button class="main" @click=${() => void manager.agree()}>Delete</button>
      </div>
    </dialog>
  `;
}
