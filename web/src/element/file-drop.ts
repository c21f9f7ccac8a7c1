// Files that are dropped on an element or pasted into it.

/** The element that files are dropped on. */
export interface FileDropHost extends EventTarget {
  /** Schedules a render. */
  requestUpdate(): void;
}

/** Listens for dropped and pasted files and passes them on. */
export class FileDrop {
  readonly #host: FileDropHost;
  readonly #onFiles: (files: File[]) => void;
  #dragging = false;

  /** onFiles is called with the files of each drop and each paste. */
  constructor(host: FileDropHost, onFiles: (files: File[]) => void) {
    this.#host = host;
    this.#onFiles = onFiles;
    this.#listen("dragover", this.#onDragover);
    this.#listen("dragleave", () => this.#setDragging(false));
    this.#listen("drop", this.#onDrop);
    this.#listen("paste", this.#onPaste);
  }

  /** Whether files are being dragged over the host. */
  get dragging(): boolean {
    return this.#dragging;
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
    this.#onFiles([...(event.dataTransfer?.files ?? [])]);
  };

  /** Some programs add a picture of the text to the text that they copy: text is then pasted as text. */
  #onPaste = (event: ClipboardEvent): void => {
    const { types, files } = event.clipboardData!;
    if (types.includes("text/plain") || files.length === 0) return;
    event.preventDefault();
    this.#onFiles([...files]);
  };

  #setDragging(dragging: boolean): void {
    if (dragging === this.#dragging) return;
    this.#dragging = dragging;
    this.#host.requestUpdate();
  }
}
