// The icons of <scout-chat>.

import { html, type TemplateResult } from "lit";

const icon = (path: string, fill = "none"): TemplateResult => html`
  <svg viewBox="0 0 24 24" width="20" height="20" fill=${fill} stroke="currentColor" stroke-width="2"
       stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${path}></path></svg>`;

/** Icons of 20 CSS pixels in the colour of the text. They are hidden from screen readers. */
export const icons = {
  mark: icon("M3 17c5-1 8-5 9-11 1 6 4 10 9 11M12 20v.01"),
  send: icon("M12 19V5M5 12l7-7 7 7"),
  stop: icon("M8 8h8v8H8z", "currentColor"),
  picture: icon(
    "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM4 17l5-5 4 4 2-2 5 5M15.5 8.5v.01",
  ),
  cross: icon("M7 7l10 10M17 7L7 17"),
  file: icon("M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5"),
  trash: icon("M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13"),
  pen: icon("M12 20h8M16.5 4.5l3 3L8 19l-4 1 1-4z"),
  swap: icon("M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4"),
  list: icon("M4 6h16M4 12h16M4 18h10"),
  more: icon("M6 12v.01M12 12v.01M18 12v.01"),
  copy: icon("M9 9h11v11H9zM15 9V4H4v11h5"),
  check: icon("M5 12.5l5 5L19 7"),
  again: icon("M20 12a8 8 0 1 1-2.5-5.8M20 3v4.5h-4.5"),
  previous: icon("M14.5 6l-6 6 6 6"),
  next: icon("M9.5 6l6 6-6 6"),
  alert: icon("M12 8v5M12 16.5v.01M12 3 2.5 20h19z"),
};
