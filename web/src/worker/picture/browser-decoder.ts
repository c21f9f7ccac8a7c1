// The browser's decoders, for pictures that image.wasm cannot decode: other formats, and damaged files, which browsers
// show as far as they can.

/** A decoded picture; source must be closed. */
export interface BrowserPicture {
  width: number;
  height: number;
  source: ImageBitmap | VideoFrame;
}

/** Time that a decoder has for the beginning of a file before it counts as too short, ms. */
const TIMEOUT = 500;

/** Largest number of attempts to find the undamaged beginning of a file. */
const MAX_ATTEMPTS = 10;

/**
 * Has the browser decode a file: upright, the first frame of an animation. A damaged file is decoded up to the damage.
 * Returns undefined if the browser cannot decode any of it.
 */
export async function decodeByBrowser(file: Blob): Promise<BrowserPicture | undefined> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (bitmap) return { width: bitmap.width, height: bitmap.height, source: bitmap };
  const frame = await decodeBeginning(new Uint8Array(await file.arrayBuffer()));
  return frame && { width: frame.displayWidth, height: frame.displayHeight, source: frame };
}

/** Decodes the longest beginning of a file that is found to have no damage. */
async function decodeBeginning(bytes: Uint8Array<ArrayBuffer>): Promise<VideoFrame | undefined> {
  const type = typeOf(bytes);
  if (!type || !("ImageDecoder" in globalThis)) return undefined;
  let frame: VideoFrame | undefined;
  for (let attempt = 0, good = 0, bad = bytes.length * 2; attempt < MAX_ATTEMPTS && bad - good > 1; attempt++) {
    const length = Math.min(bytes.length, (good + bad) >> 1);
    const outcome = await decodePart(bytes.subarray(0, length), type);
    if (outcome === "damaged") bad = length;
    else good = length;
    if (typeof outcome === "object") frame = replaceFrame(frame, outcome);
    if (good === bytes.length) break;
  }
  return frame;
}

function replaceFrame(old: VideoFrame | undefined, frame: VideoFrame): VideoFrame {
  old?.close();
  return frame;
}

/** Decodes a file as if more of it were to come. */
async function decodePart(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<VideoFrame | "damaged" | "too short"> {
  const data = new ReadableStream({ start: (controller) => controller.enqueue(bytes) });
  const decoder = new ImageDecoder({ data, type });
  const timeout = new Promise<"too short">((resolve) => setTimeout(resolve, TIMEOUT, "too short"));
  const decoded = decoder.decode({ completeFramesOnly: false }).then(({ image }) => image);
  try {
    return await Promise.race([decoded, timeout]);
  } catch {
    return "damaged";
  } finally {
    decoder.close();
  }
}

/** Returns the media type of a file by its first bytes, for the formats that browsers decode in part. */
function typeOf([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xd8) return "image/jpeg";
  if (first === 0x89 && second === 0x50) return "image/png";
  return first === 0x47 && second === 0x49 ? "image/gif" : undefined;
}
