// Where the focus goes when what has it disappears. An element never takes the focus from the page around it.

import { touches } from "./keyboard.js";

/** The element whose focus is kept. */
export interface FocusHost {
  hasAttribute(name: string): boolean;
  readonly ownerDocument: Document;
  readonly renderRoot: Document | DocumentFragment | HTMLElement;
}

/** Moves the focus inside an element when a render has removed what had it. */
export class FocusKeeper {
  readonly #host: FocusHost;
  /** What has the focus or had it until it was removed. */
  #last: Element | undefined;
  /** Whether the focus was moved to `main` because there was no input, or is wanted by `autofocus`. */
  #parked = false;

  constructor(host: FocusHost) {
    this.#host = host;
  }

  /** Begins to follow the focus; to be called once, when there is a root. Moves inside do not reach the host. */
  start(): void {
    const { renderRoot } = this.#host;
    this.#parked = this.#host.hasAttribute("autofocus");
    renderRoot.addEventListener("focusin", () => (this.#last = this.#focused));
    renderRoot.addEventListener("focusout", () => queueMicrotask(() => this.#onLeft()));
    renderRoot.addEventListener("pointerdown", () => (this.#parked = false));
  }

  /** Puts the focus into the input, because of something that the person did in the element. */
  toInput(): void {
    this.#input?.focus({ preventScroll: true });
  }

  /** Restores the focus if a render has removed what had it; to be called after each render. */
  update(): void {
    if (this.#parked && this.#input && !touches()) this.#unpark();
    if (!this.#last || this.#last.isConnected) return;
    this.#last = undefined;
    if (this.#free) this.#restore();
  }

  #restore(): void {
    const input = touches() ? undefined : this.#input;
    this.#parked = !input;
    (input ?? this.#find("main"))?.focus({ preventScroll: true });
  }

  /** Moves the focus on to the input, if it is still where it was parked. */
  #unpark(): void {
    this.#parked = false;
    const automatic = this.#host.hasAttribute("autofocus") && this.#free;
    if (automatic || this.#focused === this.#find("main")) this.toInput();
  }

  /** The person has moved the focus elsewhere, unless it was removed. */
  #onLeft(): void {
    if (this.#last?.isConnected && this.#last !== this.#focused) this.#last = undefined;
  }

  /** Whether nothing in the page has the focus. */
  get #free(): boolean {
    const { activeElement, body } = this.#host.ownerDocument;
    return activeElement === null || activeElement === body;
  }

  get #focused(): Element | undefined {
    const root = this.#host.renderRoot;
    return ("activeElement" in root && root.activeElement) || undefined;
  }

  get #input(): HTMLElement | undefined {
    return this.#find(".composer textarea:not(:disabled)");
  }

  #find(selector: string): HTMLElement | undefined {
    return this.#host.renderRoot.querySelector<HTMLElement>(selector) ?? undefined;
  }
}
