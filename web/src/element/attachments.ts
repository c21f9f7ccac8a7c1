// The pictures of the message being written. The engine checks each at once, so that one it cannot read is never sent.

import { type Picture, release } from "../conversation/message.js";
import { EngineError } from "../errors.js";

export type { Picture } from "../conversation/message.js";

/** What attachments need of the element that shows them. */
export interface AttachmentsHost {
  /** Schedules a render. */
  requestUpdate(): void;
  /** Rejects if the engine cannot read the picture. */
  check(url: string, signal: AbortSignal): Promise<unknown>;
  /** Called with the error of a picture that was removed because the engine cannot read it. */
  refused(error: unknown): void;
}

/** A list of pictures with their checks. */
export class Attachments {
  readonly #host: AttachmentsHost;
  readonly #checks = new Map<number, AbortController>();
  #pictures: readonly Picture[] = [];
  #nextId = 1;

  constructor(host: AttachmentsHost) {
    this.#host = host;
  }

  /** The pictures in the order in which they were added. */
  get pictures(): readonly Picture[] {
    return this.#pictures;
  }

  /** Whether every picture has been checked. */
  get allChecked(): boolean {
    return this.#pictures.every(({ checked }) => checked);
  }

  /** Adds files and checks them. */
  add(files: readonly File[]): void {
    for (const file of files) void this.#add(file);
  }

  /** Removes a picture. */
  remove(id: number): void {
    this.#checks.get(id)?.abort();
    release(this.#pictures.filter((p) => p.id === id));
    this.#set(this.#pictures.filter((p) => p.id !== id));
  }

  /** Removes all pictures. */
  clear(): void {
    for (const { id } of this.#pictures) this.remove(id);
  }

  /** Returns the pictures and removes them from the list. The caller releases them. */
  take(): readonly Picture[] {
    const taken = this.#pictures;
    this.#set([]);
    return taken;
  }

  /** Adds pictures that were taken and have been checked. */
  putBack(pictures: readonly Picture[]): void {
    this.#set([...pictures.map((p) => ({ ...p, id: this.#nextId++ })), ...this.#pictures]);
  }

  async #add(file: File): Promise<void> {
    const id = this.#nextId++;
    const check = new AbortController();
    this.#checks.set(id, check);
    const picture = { id, name: file.name, url: URL.createObjectURL(file), checked: false, blob: file };
    this.#set([...this.#pictures, picture]);
    try {
      await this.#host.check(picture.url, check.signal);
      this.#set(this.#pictures.map((p) => (p.id === id ? { ...p, checked: true } : p)));
    } catch (error) {
      if (check.signal.aborted) return;
      this.remove(id);
      this.#host.refused(withFileName(file.name, error));
    } finally {
      this.#checks.delete(id);
    }
  }

  #set(pictures: readonly Picture[]): void {
    this.#pictures = pictures;
    this.#host.requestUpdate();
  }
}

/** Separates model files, which end in .gguf, from all others, which are taken for pictures. */
export function sortFiles(files: Iterable<File>): { models: File[]; pictures: File[] } {
  const sorted: { models: File[]; pictures: File[] } = { models: [], pictures: [] };
  for (const file of files) sorted[/\.gguf$/i.test(file.name) ? "models" : "pictures"].push(file);
  return sorted;
}

/** Puts the name of a file before the message of an error about it. */
function withFileName(name: string, error: unknown): unknown {
  return error instanceof EngineError ? new EngineError(error.code, `${name}: ${error.message}`) : error;
}
