// The view stays at the end of a growing conversation, unless a person has scrolled up to read.

/** Closer to the end than this, in CSS pixels, counts as being there. */
const NEAR = 48;

export class Following {
  readonly #scroller: () => HTMLElement;
  #on = true;

  constructor(scroller: () => HTMLElement) {
    this.#scroller = scroller;
  }

  /** Follows from now on, wherever the view is. */
  start(): void {
    this.#on = true;
  }

  readonly onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller();
    this.#on = scrollHeight - scrollTop - clientHeight < NEAR;
  };

  /** The conversation has grown. */
  update(): void {
    const scroller = this.#scroller();
    if (this.#on) scroller.scrollTop = scroller.scrollHeight;
  }
}
