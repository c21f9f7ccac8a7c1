import { css } from "lit";

/**
 * Colours follow `color-scheme`, which a page may set on the element. The custom properties `--scout-…` are its styling
 * API.
 */
export const styles = css`
  :host {
    --accent: var(--scout-accent, light-dark(#0b6e5f, #4fd1b5));
    --on-accent: var(--scout-on-accent, light-dark(#fff, #06251f));
    --surface: var(--scout-surface, light-dark(#fff, #151716));
    --raised: var(--scout-raised, light-dark(#f3f4f1, #212423));
    --line: var(--scout-line, light-dark(#e0e3de, #343836));
    --text: var(--scout-text, light-dark(#1b1e1c, #eceeec));
    --quiet: var(--scout-quiet, light-dark(#5f6662, #a0a8a3));
    --danger: var(--scout-danger, light-dark(#a62b1f, #ff9d8f));
    --radius: var(--scout-radius, 14px);
    --width: var(--scout-width, 46rem);

    display: flex;
    flex-direction: column;
    position: relative;
    min-height: min(20rem, 100dvh);
    color-scheme: light dark;
    background: var(--surface);
    color: var(--text);
    font: 1rem/1.6 var(--scout-font, system-ui, sans-serif);
  }
  :host([hidden]) { display: none; }
  .root { display: contents; }
  *, ::before, ::after { box-sizing: border-box; }

  h2, p, ul { margin: 0; padding: 0; }
  h2 { font-size: 1.375rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; text-wrap: balance; }
  svg { display: block; flex: none; }
  .quiet { color: var(--quiet); font-size: 0.875rem; }

  button, input, textarea { font: inherit; color: inherit; }
  button { cursor: pointer; border: 0; border-radius: 999px; background: none; padding: 0.5rem 1rem; }
  button:disabled { cursor: default; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  .soft { background: var(--raised); border: 1px solid var(--line); font-weight: 550; }
  .soft:hover { border-color: var(--quiet); }
  .main { background: var(--accent); border: 1px solid var(--accent); color: var(--on-accent); font-weight: 600; }
  .main:hover { filter: brightness(1.08); }
  .plain { color: var(--quiet); }
  .plain:hover { color: var(--text); background: var(--raised); }
  .icon { padding: 0.625rem; }
  .link { padding: 0 0.25rem; text-decoration: underline; text-underline-offset: 0.15em; }
  .link:hover { color: var(--text); }

  header {
    container-type: inline-size;
    display: flex; align-items: center; gap: 0.25rem; min-height: 3.75rem;
    padding: 0.5rem max(1rem, env(safe-area-inset-left)) 0.625rem max(1rem, env(safe-area-inset-left));
    border-bottom: 1px solid var(--line);
  }
  header .title { display: flex; align-items: center; gap: 0.5rem; font-weight: 650; letter-spacing: -0.01em; }
  header .title svg { color: var(--accent); }
  header .model {
    flex: 1; min-width: 0; margin-inline-start: 0.75rem;
    overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  }
  header button { display: flex; align-items: center; gap: 0.375rem; font-size: 0.875rem; padding: 0.5rem 0.75rem; }
  header button { -webkit-app-region: no-drag; } /* in a window whose header is its title bar */

  @container (max-width: 32rem) {
    header button span { position: absolute; opacity: 0; }
    header button { padding: 0.625rem; }
  }

  main:focus-visible { outline-offset: -2px; }
  main { flex: 1; overflow-y: auto; overscroll-behavior: contain; scrollbar-gutter: stable both-edges; }
  .column { max-width: var(--width); margin-inline: auto; padding: 1.25rem 1rem; }
  main .column { min-height: 100%; display: flex; flex-direction: column; }

  .chooser { margin-block: auto; display: grid; gap: 0.75rem; padding-block: 1rem; }
  .chooser h2 + .quiet { margin-top: -0.5rem; }
  .choices { list-style: none; display: grid; gap: 0.5rem; margin-top: 0.5rem; }
  .choice { position: relative; display: flex; }
  .choose {
    flex: 1; display: grid; grid-template-columns: 1fr auto; align-items: center; column-gap: 0.75rem;
    text-align: start; padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: var(--radius);
    transition: border-color 0.15s, background 0.15s;
  }
  .choose:disabled { color: var(--quiet); }
  .choose:not(:disabled):hover {
    border-color: var(--accent); background: color-mix(in srgb, var(--accent) 5%, transparent);
  }
  .choose .name { font-weight: 600; }
  .choose .quiet { grid-row: 2; }
  .choose .badge { grid-row: 1 / span 2; grid-column: 2; }
  .choice:has(.icon) .choose { padding-inline-end: 3.5rem; }
  .choice .icon { position: absolute; inset-inline-end: 0.5rem; top: 50%; translate: 0 -50%; }
  .badge {
    font-size: 0.8125rem; font-weight: 600; color: var(--accent); padding: 0.125rem 0.625rem; border-radius: 999px;
    background: color-mix(in srgb, var(--accent) 12%, transparent);
  }
  .url { display: grid; grid-template-columns: 1fr auto; gap: 0.5rem; }
  .url input[name="mmproj"] { grid-column: 1 / -1; }
  .url:not(:focus-within):has(input[name="url"]:placeholder-shown) input[name="mmproj"] { display: none; }
  .url input {
    min-width: 0; padding: 0.5rem 1rem; border-radius: 999px; border: 1px solid var(--line); background: none;
  }
  .file {
    display: flex; justify-content: center; align-items: center; gap: 0.5rem; padding: 0.875rem; cursor: pointer;
    border: 1.5px dashed var(--line); border-radius: var(--radius); color: var(--quiet);
  }
  .file:hover { border-color: var(--accent); color: var(--text); }
  .file:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
  .file input { position: absolute; opacity: 0; width: 1px; height: 1px; }

  .storage { border-top: 1px solid var(--line); padding-top: 0.75rem; color: var(--quiet); font-size: 0.875rem; }
  .storage-foot { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.75rem; }
  .bandwidth select {
    margin-inline-start: 0.5rem; padding: 0.25rem 0.5rem; border: 1px solid var(--line); border-radius: 8px;
    font: inherit; color: var(--text); background: var(--raised);
  }
  .storage summary { cursor: pointer; }
  .storage ul { list-style: none; display: grid; gap: 0.75rem; margin-block: 0.75rem; }
  .stored-model { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.25rem 1rem; }
  .stored-model > div:first-child { display: grid; flex: 1 1 14rem; min-width: 0; overflow-wrap: anywhere; }
  .stored-model .name { color: var(--text); font-weight: 600; }
  .stored-model .actions { margin: 0; gap: 0.25rem; justify-content: flex-end; }
  dialog {
    max-width: min(28rem, 100% - 2rem); padding: 1.25rem; border: 1px solid var(--line); color: var(--text);
    border-radius: var(--radius); background: var(--surface);
  }
  dialog::backdrop { background: rgb(0 0 0 / 0.4); }
  dialog p { margin-top: 0.5rem; overflow-wrap: anywhere; }
  dialog .actions { justify-content: flex-end; }

  .progress { margin-block: auto; display: grid; justify-items: center; gap: 0.625rem; text-align: center; }
  .progress h2 { overflow-wrap: anywhere; }
  .track { width: min(26rem, 100%); height: 8px; border-radius: 8px; background: var(--raised); overflow: hidden; }
  .bar { width: 100%; height: 100%; fill: var(--accent); }
  .bar rect { rx: 4px; transition: width 0.2s; }
  .bar.unknown { animation: slide 1.4s ease-in-out infinite; }
  .figures { font-variant-numeric: tabular-nums; }
  .progress .actions { margin-top: 0.5rem; }
  @keyframes slide { from { translate: -100% } to { translate: 340% } }

  .actions { display: flex; flex-wrap: wrap; justify-content: center; gap: 0.75rem; margin-top: 0.75rem; }

  .empty {
    margin: auto; text-align: center; text-wrap: balance; color: var(--quiet);
    font-size: 1.375rem; font-weight: 650; letter-spacing: -0.01em;
  }
  slot[name="empty"] { display: contents; }
  .error {
    display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0.75rem; margin-block: 1rem 0; padding: 0.875rem 1rem;
    border-radius: var(--radius); border: 1px solid color-mix(in srgb, var(--danger) 40%, transparent);
    background: color-mix(in srgb, var(--danger) 8%, transparent);
  }
  .error svg { color: var(--danger); margin-top: 0.15rem; }
  .error div { flex: 1 1 14rem; min-width: 0; }
  .error .actions { flex: 0 1 auto; margin-top: 0; }
  .error p { overflow-wrap: anywhere; }
  .error .code { color: var(--quiet); font: 0.8125rem/1.5 ui-monospace, monospace; }

  .composer {
    display: grid; gap: 0.25rem; padding: 0.375rem; border-radius: calc(var(--radius) + 12px);
    border: 1px solid var(--line); background: var(--raised); transition: border-color 0.15s;
  }
  .composer .line { display: flex; align-items: flex-end; gap: 0.5rem; }
  .composer:focus-within { border-color: var(--accent); }
  .foot { padding-block: 0.25rem max(0.875rem, env(safe-area-inset-bottom)); width: 100%; }
  textarea {
    flex: 1; min-width: 0; max-height: 40vh; padding: 0.4375rem 0.875rem; border: 0; outline: 0; resize: none;
    background: none; field-sizing: content;
  }
  textarea:focus-visible { outline: none; } /* the composer around it shows the focus */
  textarea::placeholder, input::placeholder { color: var(--quiet); opacity: 1; }
  .round {
    flex: none; width: 2.5rem; height: 2.5rem; padding: 0; display: grid; place-items: center; border-radius: 50%;
    background: var(--accent); color: var(--on-accent);
  }
  .round:disabled { background: var(--line); color: var(--quiet); }

  .round.attach { background: none; color: var(--quiet); margin-inline-end: -0.5rem; }
  .round.attach:hover { color: var(--text); background: var(--line); }

  .thumbnails { list-style: none; display: flex; flex-wrap: wrap; gap: 0.5rem; }
  .composer .thumbnails { padding: 0.375rem 0.375rem 0; max-height: 14rem; overflow-y: auto; }
  .user .thumbnails { justify-content: flex-end; margin-bottom: 0.5rem; }
  .user .thumbnail { justify-items: end; }
  .thumbnail { position: relative; display: grid; min-width: 3rem; }
  .thumbnail img, .no-preview {
    display: block; border-radius: 10px; border: 1px solid var(--line); background: var(--surface);
  }
  .composer .thumbnail img { height: 4.5rem; min-width: 3rem; max-width: 9rem; object-fit: cover; }
  .message .thumbnail img { max-height: 14rem; max-width: min(18rem, 100%); }
  .message .thumbnail:not(:only-child) img { height: 7rem; min-width: 3rem; max-width: 11rem; object-fit: cover; }
  .no-preview {
    display: grid; place-items: center; height: 4.5rem; width: 4.5rem;
    color: var(--quiet); font-size: 0.8125rem; font-weight: 600;
  }
  .composer .thumbnail[aria-busy="true"] img { opacity: 0.45; }
  .composer .thumbnail[aria-busy="true"]::after {
    content: ""; position: absolute; inset: 0; margin: auto; width: 1.25rem; height: 1.25rem; border-radius: 50%;
    border: 2px solid var(--accent); border-inline-end-color: transparent; animation: spin 0.9s linear infinite;
  }
  @keyframes spin { to { rotate: 1turn } }
  .remove {
    position: absolute; inset-block-start: -0.375rem; inset-inline-end: -0.375rem; padding: 0.125rem; z-index: 1;
    background: var(--text); color: var(--surface);
  }
  .remove svg { width: 16px; height: 16px; }
  .paging { padding: 0 0.875rem 0.25rem; text-align: center; font-variant-numeric: tabular-nums; }
  .activity { font-variant-numeric: tabular-nums; }

  .drop {
    position: absolute; inset: 0.5rem; z-index: 1; display: grid; place-items: center; pointer-events: none;
    border: 2px dashed var(--accent); border-radius: var(--radius); font-weight: 600;
    background: color-mix(in srgb, var(--surface) 88%, var(--accent));
  }
  @media (prefers-reduced-motion: reduce) {
    *, ::before, ::after { animation: none !important; transition: none !important; }
  }
`;
