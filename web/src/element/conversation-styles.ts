// The style of what belongs to kept conversations: the buttons of messages, the editor, the place of the list.

import { css } from "lit";

/** Styles of message actions and of the list's place in <scout-chat>. */
export const conversationStyles = css`
  :host { --list-width: 18rem; }
  .with-list > :is(header, main, .lost) { margin-inline-start: var(--list-width); }
  .with-list > .foot {
    width: min(var(--width), 100% - var(--list-width));
    margin-inline: calc(var(--list-width) + max(0px, (100% - var(--list-width) - var(--width)) / 2)) auto;
  }
  header .list { padding: 0.5rem; margin-inline-start: -0.5rem; }
  .lost {
    display: flex; align-items: center; justify-content: center; gap: 0.25rem 0.75rem; flex-wrap: wrap;
    padding: 0.5rem 1rem; border-bottom: 1px solid var(--line); background: var(--raised); text-align: center;
  }

  .messages { gap: 0.5rem; }
  .message-actions {
    display: flex; align-items: center; flex-wrap: wrap; gap: 0.125rem; min-height: 2rem; margin-top: 0.125rem;
    margin-inline: -0.375rem; color: var(--quiet); font-size: 0.875rem;
  }
  .user .message-actions { justify-content: flex-end; }
  .message-actions .icon { padding: 0.4375rem; border-radius: 8px; }
  .message-actions .icon:hover:enabled { color: var(--text); background: var(--raised); }
  .message-actions .icon:disabled { opacity: 0.4; }
  .message-actions svg { width: 18px; height: 18px; }
  .message-actions > * { opacity: 0; }
  .message:hover .message-actions > *, .message:focus-within .message-actions > *,
  .message:last-of-type .message-actions > *, .message-actions .branches { opacity: 1; }
  @media (hover: none) { .message-actions > * { opacity: 1; } }
  .branches { display: inline-flex; align-items: center; }

  .message:has(> .edit) { width: 85%; }
  .edit { display: grid; gap: 0.5rem; width: 100%; margin-block-end: 1.5rem; }
  .edit textarea {
    min-height: 4rem; padding: 0.625rem 1rem; border: 1px solid var(--line); background: var(--raised);
    border-radius: var(--radius);
  }
  .edit textarea:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
  .edit .actions { justify-content: flex-end; margin-top: 0; }

  @media (max-width: 699px) {
    .with-list > :is(header, main, .lost) { margin-inline-start: 0; }
    .with-list > .foot { width: 100%; margin-inline: auto; }
    .message:has(> .edit) { width: 100%; max-width: 100%; }
  }
`;
