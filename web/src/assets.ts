// The files that an engine uses besides the page's script: workers and Go programs. The page names them, and sends
// their addresses with the first message to a worker, so that a bundler needs to know the page's script only.

import { startWorker } from "./script-url.js";

/** Addresses of the files that an engine uses. */
export interface Assets {
  engineWorker: string;
  storageWorker: string;
  pictureWorker: string;
  mainWasm: string;
  imageWasm: string;
}

/** The first message to a worker. */
export interface StartMessage {
  kind: "start";
  assets: Assets;
}

/** Starts a worker at an address and sends it the addresses of the assets. */
export function startWithAssets(url: string, name: string, assets: Assets): Worker {
  const worker = startWorker(url, name);
  worker.postMessage({ kind: "start", assets } satisfies StartMessage);
  return worker;
}

/** Calls start when this worker receives its first message. Calls that follow it need handlers from then on. */
export function onStart(start: (assets: Assets) => void): void {
  const receive = ({ data }: MessageEvent<StartMessage>) => start(data.assets);
  globalThis.addEventListener("message", receive, { once: true });
}
