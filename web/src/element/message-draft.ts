// The message that a person is writing.

import { Attachments, type AttachmentsHost, type Picture } from "./attachments.js";
import type { Draft } from "./composer.js";
import type { OpenModel } from "./conversation-controller.js";

/** A text with pictures, until it is sent. */
export class MessageDraft {
  readonly #host: AttachmentsHost;
  readonly #pictures: Attachments;
  #text = "";

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
