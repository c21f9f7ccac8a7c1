// Work of the page that is divided into steps, so that no frame takes long.

/** Time for steps in one frame, ms. */
const BUDGET = 8;

/** How long a step waits while the page is not visible and has no frames, ms. */
const HIDDEN_WAIT = 100;

/** Work that is done in steps; step returns whether there is more to do. */
export interface Stepwise {
  step(): boolean;
}

const waiting = new Set<Stepwise>();
/** When the steps of this frame must end; 0 before the first one. */
let end = 0;

/** Does the steps of work: at once while this frame has time for them, the rest in the next frames. */
export function runInFrames(work: Stepwise): void {
  if (end === 0) beginFrame();
  if (!runSteps(work)) waiting.add(work);
}

/** Removes work whose next steps are not needed. */
export function cancelInFrames(work: Stepwise): void {
  waiting.delete(work);
}

function beginFrame(): void {
  end = performance.now() + BUDGET;
  if (document.hidden) setTimeout(nextFrame, HIDDEN_WAIT);
  else requestAnimationFrame(nextFrame);
}

/** Continues with what was added last, which is at the end of the conversation. */
function nextFrame(): void {
  end = 0;
  if (waiting.size === 0) return;
  beginFrame();
  for (const work of [...waiting].reverse()) if (runSteps(work)) waiting.delete(work);
}

/** Returns whether all steps are done. */
function runSteps(work: Stepwise): boolean {
  while (performance.now() < end) if (!work.step()) return true;
  return false;
}
