import { css } from "lit";

/** How messages look. */
export const messageStyles = css`
  .messages { display: flex; flex-direction: column; gap: 1.5rem; }
  .messages:not(:has(.message)) { flex: 1; }
  .message { content-visibility: auto; contain-intrinsic-size: auto 6rem; }
  .earlier { align-self: center; }
  .text { overflow-wrap: anywhere; }
  .user { align-self: flex-end; display: grid; justify-items: end; max-width: 85%; }
  .user .text {
    background: var(--raised); padding: 0.625rem 1rem; border-radius: calc(var(--radius) + 4px);
    border-end-end-radius: 4px; max-width: 100%;
  }
  .message footer { margin-top: 0.25rem; font-variant-numeric: tabular-nums; }
  .spoken {
    position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
    white-space: nowrap; user-select: none;
  }

  .piece { white-space: pre-wrap; unicode-bidi: plaintext; content-visibility: auto; contain-intrinsic-size: auto 1lh; }

  .markdown .section { content-visibility: auto; contain-intrinsic-size: auto 60rem; }
  .markdown :is(.section + .section, .block + .block:not(:empty)) { margin-top: 0.875rem; }
  .markdown :is(p, li, h3, h4, h5, h6, th, td, dt, dd, summary) { white-space: pre-line; unicode-bidi: plaintext; }
  .markdown :is(a, code, q, span) { unicode-bidi: isolate; }
  .markdown :is(p, ul, ol, blockquote, dl, details, .code, [data-table]) + * { margin-top: 0.625rem; }
  .markdown :is(h3, h4, h5, h6) { margin: 0; line-height: 1.35; font-weight: 650; letter-spacing: -0.01em; }
  .markdown .block + .block > :is(h3, h4, h5, h6):first-child { padding-top: 0.5rem; }
  .markdown h3 { font-size: 1.25rem; }
  .markdown h4 { font-size: 1.125rem; }
  .markdown :is(h5, h6) { font-size: 1rem; }
  .markdown :is(ul, ol) { margin: 0; padding-inline-start: 1.625rem; white-space: normal; }
  .markdown li + li { margin-top: 0.25rem; }
  .markdown li > :is(ul, ol) { margin-top: 0.25rem; }
  .markdown li::marker { color: var(--quiet); }
  .markdown blockquote {
    margin: 0; padding-inline-start: 1rem; border-inline-start: 3px solid var(--line); color: var(--quiet);
  }
  .markdown hr { border: 0; border-top: 1px solid var(--line); margin: 0.375rem 0; }
  .markdown a { color: var(--accent); text-decoration: underline; text-underline-offset: 0.15em; }
  .markdown a[data-image]::before { content: "▣ " / ""; }
  .markdown kbd { padding: 0 0.375rem; border: 1px solid var(--line); border-radius: 5px; font-size: 0.875em; }
  .markdown code { font: 0.875em/1.6 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
  .markdown :not(pre) > code { padding: 0.125rem 0.3125rem; border-radius: 5px; background: var(--raised); }
  .markdown math { font-size: 1.0625em; }
  .markdown [data-tex] { white-space: normal; }
  .markdown [data-display]:has(math) { display: block; overflow-x: auto; padding-block: 0.25rem; }

  .code { border: 1px solid var(--line); border-radius: var(--radius); overflow: hidden; background: var(--raised); }
  .code-head {
    display: flex; align-items: center; justify-content: space-between; padding-inline: 1rem 0.375rem;
    color: var(--quiet); font-size: 0.8125rem; border-bottom: 1px solid var(--line);
  }
  .copy-code { padding: 0.375rem 0.75rem; font-size: inherit; color: inherit; }
  .copy-code:hover { color: var(--text); }
  .code pre { margin: 0; padding: 0.75rem 1rem; overflow-x: auto; }
  .code pre:focus-visible { outline-offset: -2px; border-radius: 0 0 var(--radius) var(--radius); }
  .code code { white-space: pre; overflow-wrap: normal; }

  [data-table] { overflow-x: auto; border: 1px solid var(--line); border-radius: var(--radius); }
  [data-table] table { border-collapse: collapse; width: max-content; min-width: 100%; font-size: 0.9375rem; }
  [data-table] :is(th, td) {
    padding: 0.5rem 0.875rem; text-align: start; vertical-align: top; overflow-wrap: break-word; max-width: 20rem;
  }
  [data-table] th { font-weight: 600; background: var(--raised); }
  [data-table] :is(th, td)[align="center"] { text-align: center; }
  [data-table] :is(th, td)[align="right"] { text-align: end; font-variant-numeric: tabular-nums; }
  [data-table] tbody td { border-top: 1px solid var(--line); }
  [data-table] :is(th, td) + :is(th, td) { border-inline-start: 1px solid var(--line); }

  .hl-keyword, .hl-literal, .hl-selector-tag, .hl-doctag { color: light-dark(#a3196d, #f08cc3); }
  .hl-string, .hl-regexp, .hl-addition, .hl-char { color: light-dark(#14692f, #8fd19e); }
  .hl-number, .hl-symbol, .hl-bullet, .hl-link { color: light-dark(#92430a, #f0b070); }
  .hl-title, .hl-section, .hl-name, .hl-attr, .hl-attribute, .hl-property { color: light-dark(#1651a8, #8db8ff); }
  .hl-built_in, .hl-type, .hl-class, .hl-variable, .hl-template-variable { color: light-dark(#5f3aa8, #c3a6ff); }
  .hl-comment, .hl-quote, .hl-meta { color: var(--quiet); }
  .hl-comment { font-style: italic; }
  .hl-deletion { color: var(--danger); }

  .growing:empty::after,
  .growing > .piece:last-child::after,
  .growing > .section:last-child > .block:last-child > :is(p, h3, h4, h5, h6):last-child::after,
  .growing > .section:last-child > .block:last-child > :is(ul, ol):last-child > li:last-child:not(:has(li))::after,
  .growing > .section:last-child > .block:last-child > .verbatim > .piece:last-child::after {
    content: "" / ""; display: inline-block; width: 0.5em; height: 1.05em; margin-inline-start: 2px;
    vertical-align: -0.15em; border-radius: 2px; background: var(--accent);
    animation: blink 1.1s steps(2, jump-none) infinite;
  }
  @keyframes blink { from { opacity: 1 } to { opacity: 0.15 } }
`;
