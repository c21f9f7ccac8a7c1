// Files that come by dropping or pasting.

export interface IntakeHost extends EventTarget {
  requestUpdate(): void;
}

export class Intake {
  readonly #host: IntakeHost;
  readonly #receive: (files: File[]) => void;
  #dropping = false;

  constructor(host: IntakeHost, receive: (files: File[]) => void) {
    this.#host = host;
    this.#receive = receive;
    this.#on("dragover", this.#onDragover);
    this.#on("dragleave", () => this.#show(false));
    this.#on("drop", this.#onDrop);
    this.#on("paste", this.#onPaste);
  }

  /** Files are being held over the host. */
  get dropping(): boolean {
    return this.#dropping;
  }

  #on<K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void): void {
    this.#host.addEventListener(type, listener as EventListener);
  }

  #onDragover = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#show(true);
  };

  #onDrop = (event: DragEvent): void => {
    event.preventDefault();
    this.#show(false);
    this.#receive([...(event.dataTransfer?.files ?? [])]);
  };

  /** Text that is pasted is text, also where a picture of it comes along. */
  #onPaste = (event: ClipboardEvent): void => {
    const { types, files } = event.clipboardData!;
    if (types.includes("text/plain") || files.length === 0) return;
    event.preventDefault();
    this.#receive([...files]);
  };

  #show(dropping: boolean): void {
    if (dropping === this.#dropping) return;
    this.#dropping = dropping;
    this.#host.requestUpdate();
  }
}
