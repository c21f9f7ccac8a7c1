// Keeps the end of a growing conversation in view, unless the person has scrolled up to read.

/** The largest distance from the end, in CSS pixels, that counts as being at the end. */
const END_DISTANCE = 48;

/** Scrolls a container to its end whenever its content has grown. */
export class AutoScroll {
  readonly #container: () => HTMLElement;
  /** Reports a new size after the browser's own layout, so that none is needed to read it. */
  readonly #observer = new ResizeObserver(() => this.update());
  #content: Element | null = null;
  #enabled = true;

  /** container is called when the container is needed, because it does not exist before the first render. */
  constructor(container: () => HTMLElement) {
    this.#container = container;
  }

  /** Follows the content from now on, wherever the container is scrolled to. */
  enable(): void {
    this.#enabled = true;
  }

  /**
   * Listener for the container's scroll events: scrolling away from the end disables following, scrolling back enables
   * it.
   */
  readonly onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.#container();
    this.#enabled = scrollHeight - scrollTop - clientHeight < END_DISTANCE;
  };

  /** Follows the growth of an element within the container; null: of none. */
  follow(content: Element | null): void {
    if (content === this.#content) return;
    this.#content = content;
    this.#observer.disconnect();
    if (content) this.#observer.observe(content);
  }

  /** Scrolls to the end if following is enabled. */
  update(): void {
    const container = this.#container();
    if (this.#enabled) container.scrollTop = container.scrollHeight;
  }
}
