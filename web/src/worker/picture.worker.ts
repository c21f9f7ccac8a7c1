// The picture worker: fetches pictures and has image.wasm cut them into tiles. What image.wasm cannot decode, the
// browser decodes first. The engine worker ends this worker when it is idle, which frees its memory.

import { onStart } from "../assets.js";
import { type ErrorData, throwIfAborted } from "../errors.js";
import { type Handlers, serve } from "../rpc.js";
import { boot } from "./boot.js";
import { decodeByBrowser } from "./picture/browser-decoder.js";
import type { Cut, Geometry, PictureMethods } from "./picture/methods.js";
import { fetchPicture } from "./picture/source.js";

/** The object that image.wasm publishes; mirrors wasm/picture/main_js.go. */
interface Cutter {
  file(bytes: Uint8Array, tile: number, maxTiles: number): Outcome;
  /** pixels returns 4 bytes a pixel; it is called only when the size is allowed. */
  rgba(width: number, height: number, pixels: () => Uint8Array, tile: number, maxTiles: number): Outcome;
}

/** The tiles, or why there are none; browserOnly: the browser may be able to decode the file. */
type Outcome = Omit<Cut, "seconds"> | { error: ErrorData; browserOnly: boolean };

declare global {
  /** Published by image.wasm when it is ready. */
  var outriderCutter: Cutter | undefined;
}

onStart(({ imageWasm }) => {
  const program = boot(
    imageWasm,
    () => globalThis.outriderCutter,
    (error) => server.fatal(specific(error)),
  );
  const server = serve<PictureMethods>(globalThis, handlers(program));
});

function handlers(program: Promise<Cutter>): Handlers<PictureMethods> {
  let previous: Promise<unknown> = Promise.resolve();
  return {
    /**
     * Pictures are cut one after another, because each may fill the program's memory. They are fetched at the same
     * time: one whose server is silent does not hold up another.
     */
    async cut({ signal, transfer }, url, geometry) {
      const cut = Promise.all([fetchPicture(url, signal), program, previous]).then(([file, program]) => {
        throwIfAborted(signal);
        return cutUp(file, geometry, program);
      });
      previous = Promise.all([previous, cut.catch(() => {})]);
      transfer.push((await cut).tiles.buffer);
      return cut;
    },
  };
}

async function cutUp(file: Blob, { tile, maxTiles }: Geometry, cutter: Cutter): Promise<Cut> {
  const start = performance.now();
  let outcome = cutter.file(new Uint8Array(await file.arrayBuffer()), tile, maxTiles);
  if ("error" in outcome && outcome.browserOnly) {
    outcome = await cutByBrowser(file, { tile, maxTiles }, cutter, outcome);
  }
  if ("error" in outcome) throw outcome.error;
  return { ...outcome, seconds: (performance.now() - start) / 1000 };
}

/** Has the browser decode a file: upright, the first frame of an animation. Returns refusal if it cannot. */
async function cutByBrowser(
  file: Blob,
  { tile, maxTiles }: Geometry,
  cutter: Cutter,
  refusal: Outcome,
): Promise<Outcome> {
  const picture = await decodeByBrowser(file);
  if (!picture) return refusal;
  const { width, height, source } = picture;
  const pixels = () => {
    const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    canvas.drawImage(source, 0, 0);
    return new Uint8Array(canvas.getImageData(0, 0, width, height).data.buffer);
  };
  try {
    return cutter.rgba(width, height, pixels, tile, maxTiles);
  } finally {
    source.close();
  }
}

/** Returns the error that ended the program; the usual one is a picture too large for its memory. */
function specific(error: ErrorData): ErrorData {
  if (!/out of memory/.test(error.message)) return error;
  return {
    code: "image_too_large",
    message: "the picture needs more memory than the browser allows; make it smaller first",
    retryable: false,
  };
}
