// The pictures of the message being written: each is checked by the engine at once, so that what cannot be read is never
// sent.

import { EngineError } from "../errors.js";
import type { ContentPart } from "../client/openai.js";

/** A picture, by a blob: address that lives until release. */
export interface Picture {
  id: number;
  /** Of its file. */
  name: string;
  url: string;
  /** The engine can look at it. */
  checked: boolean;
}

export interface AttachmentsHost {
  requestUpdate(): void;
  /** Rejects when the engine cannot look at the picture. */
  check(url: string, signal: AbortSignal): Promise<unknown>;
  /** Hears of a picture that was refused and is gone. */
  refused(name: string, reason: unknown): void;
}

export class Attachments {
  readonly #host: AttachmentsHost;
  readonly #checks = new Map<number, AbortController>();
  #pictures: readonly Picture[] = [];
  #nextId = 1;

  constructor(host: AttachmentsHost) {
    this.#host = host;
  }

  get pictures(): readonly Picture[] {
    return this.#pictures;
  }

  /** No picture is still being checked. */
  get settled(): boolean {
    return this.#pictures.every(({ checked }) => checked);
  }

  add(files: readonly File[]): void {
    for (const file of files) void this.#add(file);
  }

  remove(id: number): void {
    this.#checks.get(id)?.abort();
    release(this.#pictures.filter((p) => p.id === id));
    this.#show(this.#pictures.filter((p) => p.id !== id));
  }

  clear(): void {
    for (const { id } of this.#pictures) this.remove(id);
  }

  /** Gives the pictures away, to be released by who takes them. */
  take(): readonly Picture[] {
    const taken = this.#pictures;
    this.#show([]);
    return taken;
  }

  async #add(file: File): Promise<void> {
    const id = this.#nextId++;
    const check = new AbortController();
    this.#checks.set(id, check);
    const picture = { id, name: file.name, url: URL.createObjectURL(file), checked: false };
    this.#show([...this.#pictures, picture]);
    try {
      await this.#host.check(picture.url, check.signal);
      this.#show(this.#pictures.map((p) => (p.id === id ? { ...p, checked: true } : p)));
    } catch (reason) {
      if (check.signal.aborted) return;
      this.remove(id);
      this.#host.refused(file.name, reason);
    } finally {
      this.#checks.delete(id);
    }
  }

  #show(pictures: readonly Picture[]): void {
    this.#pictures = pictures;
    this.#host.requestUpdate();
  }
}

/** Ends the life of pictures' addresses. */
export function release(pictures: readonly Picture[]): void {
  for (const { url } of pictures) URL.revokeObjectURL(url);
}

/** The files of a drop or a paste, by what they are for. */
export function sortFiles(files: Iterable<File>): { models: File[]; pictures: File[] } {
  const sorted: { models: File[]; pictures: File[] } = { models: [], pictures: [] };
  for (const file of files) sorted[/\.gguf$/i.test(file.name) ? "models" : "pictures"].push(file);
  return sorted;
}

/** What a message says: pictures come first, as the model's makers trained it. */
export function contentOf(text: string, pictures: readonly Picture[]): string | ContentPart[] {
  if (pictures.length === 0) return text;
  const images = pictures.map(({ url }) => ({ type: "image_url" as const, image_url: { url } }));
  return text ? [...images, { type: "text", text }] : images;
}

/** Puts the name of a file before what is wrong with it. */
export function about(name: string, reason: unknown): unknown {
  if (!(reason instanceof EngineError)) return reason;
  return new EngineError(reason.code, `${name}: ${reason.message}`);
}
