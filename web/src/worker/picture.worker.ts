// The picture worker: fetches pictures and has image.wasm cut them into tiles. Formats that only the browser knows are
// decoded by it first. The engine worker ends it when it is idle, and its memory with it.

import imageURL from "go:image.wasm";
import { type ErrorData, toErrorData } from "../errors.js";
import { boot } from "./boot.js";
import type { Answer, Ask, Cut, Geometry } from "./picture/messages.js";
import { fetchPicture } from "./picture/source.js";

/** What image.wasm publishes; mirrors wasm/picture/main_js.go. */
interface Cutter {
  file(bytes: Uint8Array, tile: number, maxTiles: number): Outcome;
  /** pixels gives 4 bytes a pixel; it is called only when the size is allowed. */
  rgba(width: number, height: number, pixels: () => Uint8Array, tile: number, maxTiles: number): Outcome;
}

type Outcome = Omit<Cut, "seconds"> | { error: ErrorData; browserOnly: boolean };

declare global {
  var outriderCutter: Cutter | undefined;
}

const send = (answer: Answer, transfer: Transferable[] = []) => postMessage(answer, { transfer });
const program = boot(imageURL, () => globalThis.outriderCutter, (error) => send({ fatal: specific(error) }));
const aborts = new Map<number, AbortController>();
let last: Promise<void> = Promise.resolve();

addEventListener("message", ({ data }: MessageEvent<Ask>) => {
  if ("abort" in data) return aborts.get(data.id)?.abort();
  const abort = new AbortController();
  aborts.set(data.id, abort);
  last = last.then(() => answer(data, abort.signal));
});

async function answer(ask: { id: number; url: string } & Geometry, signal: AbortSignal): Promise<void> {
  try {
    const cut = await cutUp(await fetchPicture(ask.url, signal), ask, await program);
    send({ id: ask.id, cut }, [cut.tiles.buffer]);
  } catch (thrown) {
    send({ id: ask.id, error: toErrorData(thrown) });
  } finally {
    aborts.delete(ask.id);
  }
}

async function cutUp(file: Blob, { tile, maxTiles }: Geometry, cutter: Cutter): Promise<Cut> {
  const start = performance.now();
  let outcome = cutter.file(new Uint8Array(await file.arrayBuffer()), tile, maxTiles);
  if ("error" in outcome && outcome.browserOnly) outcome = await cutByBrowser(file, { tile, maxTiles }, cutter, outcome);
  if ("error" in outcome) throw outcome.error;
  return { ...outcome, seconds: (performance.now() - start) / 1000 };
}

/** Lets the browser decode: upright, an animation's first frame. What it cannot read either stays refused. */
async function cutByBrowser(file: Blob, { tile, maxTiles }: Geometry, cutter: Cutter, refusal: Outcome): Promise<Outcome> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return refusal;
  const { width, height } = bitmap;
  const pixels = () => {
    const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    canvas.drawImage(bitmap, 0, 0);
    return new Uint8Array(canvas.getImageData(0, 0, width, height).data.buffer);
  };
  try {
    return cutter.rgba(width, height, pixels, tile, maxTiles);
  } finally {
    bitmap.close();
  }
}

/** The usual end of this program is a picture too large for its memory. */
function specific(error: ErrorData): ErrorData {
  if (!/out of memory/.test(error.message)) return error;
  return { code: "image_too_large", message: "the picture needs more memory than the browser allows; make it smaller first", retryable: false };
}
