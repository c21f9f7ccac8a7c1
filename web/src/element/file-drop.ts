// Files that are dropped on an element or pasted into it.

import { html, nothing, type TemplateResult } from "lit";
import type { Texts } from "../text/texts.js";
import { decoded } from "./format.js";
import { droppedHandles } from "./local-files.js";

/** The element that files are dropped on. */
export interface FileDropHost extends EventTarget {
  /** Schedules a render. */
  requestUpdate(): void;
}

/** Receives files, and their handles if the browser has one of each. */
export type OnFiles = (files: File[], handles: FileSystemFileHandle[]) => void;

/** Listens for dropped and pasted files and passes them on. */
export class FileDrop {
  readonly #host: FileDropHost;
  readonly #onFiles: OnFiles;
  #dragging = false;

  /** onFiles is called with the files of each drop and each paste. */
  constructor(host: FileDropHost, onFiles: OnFiles) {
    this.#host = host;
    this.#onFiles = onFiles;
    this.#listen("dragover", this.#onDragover);
    this.#listen("dragleave", () => this.#setDragging(false));
    this.#listen("drop", this.#onDrop);
    this.#listen("paste", this.#onPaste);
  }

  /** Renders what a drop would do while files are dragged; modelOpen: whether a model is open. */
  view({ drop: t }: Texts, modelOpen: boolean): TemplateResult | typeof nothing {
    if (!this.#dragging) return nothing;
    return html`<div class="drop">${modelOpen ? t.pictures : t.models}</div>`;
  }

  #listen<K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void): void {
    this.#host.addEventListener(type, listener as EventListener);
  }

  #onDragover = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#setDragging(true);
  };

  #onDrop = (event: DragEvent): void => {
    event.preventDefault();
    this.#setDragging(false);
    const files = [...(event.dataTransfer?.files ?? [])]; // gone after the event, as the items are
    void droppedHandles(event.dataTransfer?.items).then((handles) => this.#onFiles(files, handles));
  };

  /** Some programs add a picture of the text to the text that they copy: text is then pasted as text. */
  #onPaste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData!.files];
    if (files.length === 0 || !onlyNames(event.clipboardData!.getData("text/plain"), files)) return;
    event.preventDefault();
    this.#onFiles(files, []);
  };

  #setDragging(dragging: boolean): void {
    if (dragging === this.#dragging) return;
    this.#dragging = dragging;
    this.#host.requestUpdate();
  }
}

/** Reports whether a text has nothing but names or paths of files, which file managers copy with the files. */
export function onlyNames(text: string, files: readonly File[]): boolean {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  const isName = (line: string) => files.some(({ name }) => line === name || decoded(line).endsWith(`/${name}`));
  return lines.every((line) => line === "" || isName(line));
}
