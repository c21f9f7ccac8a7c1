// One render for each frame.

/** How long a render waits in a page that is not visible and has no frames, ms. */
const HIDDEN_WAIT = 100;

/** Returns when the browser is about to draw the next frame, in a hidden page soon. */
export function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HIDDEN_WAIT);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
