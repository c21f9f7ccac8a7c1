// The message that a person is writing.

import { type StoredDraft, storedPictures } from "../conversation/records.js";
import { Attachments, type AttachmentsHost, type Picture } from "./attachments.js";
import type { Draft } from "./composer.js";
import type { OpenModel } from "./conversation-controller.js";

/** A text with pictures, until it is sent. */
export class MessageDraft {
  readonly #host: AttachmentsHost;
  readonly #pictures: Attachments;
  #text = "";
  /** Pictures that no open model could read yet. */
  #waiting: readonly File[] = [];

  constructor(host: AttachmentsHost) {
    this.#host = host;
    this.#pictures = new Attachments(host);
  }

  /** The text. */
  get text(): string {
    return this.#text;
  }
  set text(text: string) {
    this.#text = text;
    this.#host.requestUpdate();
  }

  /** The pictures. */
  get pictures(): Attachments {
    return this.#pictures;
  }

  /** Reports whether a text can be sent: there is a model, and a message whose pictures are checked. */
  canSend(text: string, model: OpenModel | undefined): boolean {
    const { pictures, allChecked } = this.#pictures;
    return model !== undefined && allChecked && (text.trim() !== "" || pictures.length > 0);
  }

  /** Removes text and pictures. Returns the pictures, which the caller releases. */
  take(): readonly Picture[] {
    this.text = "";
    return this.#pictures.take();
  }

  /** Puts back a message that was refused, before what has been written since. */
  putBack(text: string, pictures: readonly Picture[]): void {
    this.#pictures.putBack(pictures);
    this.text = [text, this.#text].filter(Boolean).join("\n\n");
  }

  /** Replaces text and pictures by stored ones. The pictures are checked when a model that reads pictures is open. */
  restore(text: string, files: readonly File[], model: OpenModel | undefined): void {
    this.#pictures.clear();
    this.#waiting = files;
    this.text = text;
    this.modelOpened(model);
  }

  /** Keeps the pictures until another model is open. */
  hold(): void {
    const files = this.#pictures.pictures.map(({ name, blob }) => new File([blob], name, { type: blob.type }));
    this.#waiting = [...this.#waiting, ...files];
    this.#pictures.clear();
  }

  /** Attaches the pictures that wait, if a model reads pictures. */
  modelOpened(model: OpenModel | undefined): void {
    if (!model?.info.vision || this.#waiting.length === 0) return;
    const files = this.#waiting;
    this.#waiting = [];
    this.#pictures.add(files);
  }

  /** Returns what is stored of the message; undefined if there is nothing. */
  get stored(): StoredDraft | undefined {
    const waiting = this.#waiting.map((file) => ({ name: file.name, blob: file }));
    const pictures = [...waiting, ...storedPictures(this.#pictures.pictures)];
    return this.#text || pictures.length ? { text: this.#text, pictures } : undefined;
  }

  /** Returns what the composer shows. */
  view(model: OpenModel | undefined): Draft {
    return {
      text: this.#text,
      pictures: this.#pictures.pictures,
      enabled: model !== undefined,
      vision: model?.info.vision ?? false,
      sendable: this.canSend(this.#text, model),
    };
  }
}
