import { css } from "lit";

/** The styles of what leads to a model: the empty conversation, the preflight report and the progress. */
export const modelStyles = css`
  .welcome { margin: auto; display: grid; gap: 1.25rem; justify-items: center; max-width: 36rem; text-align: center; }
  .welcome .empty { margin: 0; }
  .welcome .quiet { text-wrap: pretty; }
  .suggestions { list-style: none; display: flex; flex-wrap: wrap; justify-content: center; gap: 0.5rem; }
  .suggestions button { padding: 0.375rem 0.875rem; font-weight: 450; font-size: 0.875rem; }
  .get {
    display: grid; gap: 0.125rem; max-width: 30rem; margin-top: 0.5rem; padding: 0.75rem 1.25rem; text-align: start;
    border: 1px solid color-mix(in srgb, var(--accent) 55%, transparent); border-radius: var(--radius);
    background: color-mix(in srgb, var(--accent) 7%, transparent);
  }
  .get:hover { border-color: var(--accent); }
  .get .name { font-weight: 600; color: var(--accent); }

  .preflight { margin: auto; display: grid; gap: 0.75rem; max-width: 34rem; text-align: center; }
  .preflight h2 { overflow-wrap: anywhere; }
  .preflight .verdict { text-wrap: balance; }
  .preflight .facts { list-style: none; color: var(--quiet); font-size: 0.875rem; display: grid; gap: 0.125rem; }
  .preflight details { overflow-wrap: anywhere; }
  .preflight summary { cursor: pointer; }
  .preflight details p { margin-top: 0.5rem; }
`;
