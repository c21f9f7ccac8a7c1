// Byte ranges of precached files: models are read in ranges, but a cache stores whole responses only.

import { matchPrecache } from "workbox-precaching";

/** Returns the response to a request for one range of a precached file; undefined for every other request. */
export async function rangeResponse(request: Request): Promise<Response | undefined> {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("Range") ?? "");
  const whole = range && (await matchPrecache(request.url));
  if (!whole) return undefined;
  const bytes = await whole.blob(); // stays on disk until it is read
  const from = Number(range[1]);
  const to = Math.min(range[2] ? Number(range[2]) : Infinity, bytes.size - 1);
  if (from > to) return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${bytes.size}` } });
  const headers = { "Content-Type": "application/octet-stream", "Content-Range": `bytes ${from}-${to}/${bytes.size}` };
  return new Response(bytes.slice(from, to + 1), { status: 206, headers });
}
