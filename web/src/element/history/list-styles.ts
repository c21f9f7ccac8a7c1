// The style of the list of conversations. Its colours are those of <scout-chat>, which it is a part of.

import { css } from "lit";

/** Styles of <scout-history>. */
export const listStyles = css`
  :host {
    position: absolute; inset-block: 0; inset-inline-start: 0; z-index: 2; display: flex; width: var(--list-width);
  }
  *, ::before, ::after { box-sizing: border-box; }
  nav {
    flex: 1; min-width: 0; display: flex; flex-direction: column; gap: 0.5rem; padding: 0.625rem 0.75rem;
    padding-inline-start: max(0.75rem, env(safe-area-inset-left)); background: var(--raised);
    border-inline-end: 1px solid var(--line); font-size: 0.9375rem;
  }
  .cover { display: none; }
  button, input { font: inherit; color: inherit; }
  button { cursor: pointer; border: 0; border-radius: 8px; background: none; padding: 0.375rem 0.5rem; }
  button:disabled { cursor: default; color: var(--quiet); }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: -1px; }
  svg { display: block; flex: none; }
  h2 { margin: 0.75rem 0.5rem 0.25rem; font-size: 0.8125rem; font-weight: 600; color: var(--quiet); }
  p, ul { margin: 0; padding: 0; }
  ul { list-style: none; }
  .quiet { color: var(--quiet); font-size: 0.875rem; }
  .list > .quiet { padding: 1rem 0.5rem; text-align: center; }

  .top { display: flex; gap: 0.5rem; }
  .soft { border: 1px solid var(--line); border-radius: 999px; background: var(--surface); font-weight: 550; }
  .soft:hover { border-color: var(--quiet); }
  .top .soft {
    flex: 1; display: flex; align-items: center; gap: 0.5rem; min-width: 0; padding: 0.4375rem 0.875rem;
    white-space: nowrap;
  }
  .main {
    border: 1px solid var(--accent); border-radius: 999px; background: var(--accent); color: var(--on-accent);
    font-weight: 600;
  }
  .icon { padding: 0.5rem; color: var(--quiet); }
  .icon:hover { color: var(--text); }
  input[type="search"], input[name="title"] {
    width: 100%; min-width: 0; padding: 0.375rem 0.75rem; border: 1px solid var(--line); border-radius: 999px;
    background: var(--surface);
  }
  input[name="title"] { border-radius: 8px; padding-inline: 0.5rem; }
  input::placeholder { color: var(--quiet); opacity: 1; }

  .list {
    flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain;
    margin-inline: -0.25rem; padding-inline: 0.25rem;
  }
  li { border-radius: 10px; }
  li:hover, li:focus-within { background: color-mix(in srgb, var(--text) 6%, transparent); }
  li.current { background: color-mix(in srgb, var(--accent) 16%, transparent); }
  .row { display: flex; align-items: center; }
  .row form { flex: 1; min-width: 0; padding: 0.125rem; }
  .title {
    flex: 1; min-width: 0; text-align: start; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  }
  .current .title { font-weight: 600; }
  .more { opacity: 0; padding: 0.375rem; }
  li:hover .more, li:focus-within .more, .current .more, .more[aria-expanded="true"] { opacity: 1; }
  @media (hover: none) { .more { opacity: 1; } }
  .item-actions { display: flex; flex-wrap: wrap; gap: 0 0.25rem; padding: 0 0.25rem 0.375rem; font-size: 0.875rem; }
  .link { padding: 0.25rem 0.375rem; text-decoration: underline; text-underline-offset: 0.15em; }
  .foot {
    display: flex; flex-wrap: wrap; gap: 0.25rem; padding-top: 0.5rem; font-size: 0.875rem;
    border-top: 1px solid var(--line);
  }
  .foot p { flex-basis: 100%; overflow-wrap: anywhere; }
  .foot p:empty { display: none; }

  dialog {
    max-width: min(28rem, 100% - 2rem); padding: 1.25rem; border: 1px solid var(--line); color: var(--text);
    border-radius: var(--radius); background: var(--surface);
  }
  dialog::backdrop { background: rgb(0 0 0 / 0.4); }
  dialog h2 { margin: 0; font-size: 1.125rem; color: inherit; overflow-wrap: anywhere; }
  dialog p { margin-top: 0.5rem; }
  dialog button { padding: 0.5rem 1rem; }
  .actions { display: flex; justify-content: flex-end; gap: 0.75rem; margin-top: 1rem; }

  @media (max-width: 699px) {
    :host { width: auto; inset-inline-end: 0; }
    nav { flex: 0 1 20rem; box-shadow: 0 0 2rem rgb(0 0 0 / 0.25); }
    .cover { display: block; flex: 1; min-width: 3rem; background: rgb(0 0 0 / 0.4); }
  }
  @media (forced-colors: active) { li.current { outline: 2px solid Highlight; outline-offset: -2px; } }
`;
