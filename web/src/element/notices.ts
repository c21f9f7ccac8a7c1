// Errors and warnings on the page. Their messages are in English.

import { html, nothing, type TemplateResult } from "lit";
import type { EngineError } from "../client/index.js";
import type { Texts } from "../text/texts.js";
import type { ErrorAction } from "./error-actions.js";
import { icons } from "./icons.js";

/** Renders what the engine has to say about a model that runs but may not work as intended. */
export function warningNotices(warnings: readonly string[]): TemplateResult[] {
  return warnings.map((text) => html`<p part="warning" class="quiet" role="status" lang="en">${text}</p>`);
}

/**
 * Renders an error with its actions, and with a button for retry unless that is undefined. Error messages begin in
 * lower case.
 */
export function errorNotice(
  { errors: t }: Texts,
  error: EngineError,
  retry: (() => void) | undefined,
  actions: readonly ErrorAction[],
): TemplateResult {
  return html`
    <section part="error" class="error" role="alert" data-code=${error.code}>
      ${icons.alert}
      <div>
        <p><strong>${t.label}</strong> <span lang="en" dir="auto">${error.message}</span></p>
        <p class="code">${error.code}</p>
      </div>
      <div class="actions">
        ${actions.map(({ label, run }) => html`<button class="soft" @click=${run}>${label}</button>`)}
        ${retry ? html`<button class="soft" @click=${retry}>${t.retry}</button>` : nothing}
      </div>
    </section>
  `;
}
