// The bytes of a picture from where its address points: data:, blob:, or a server that allows it.

import { aborted, EngineError } from "../../errors.js";

/** Larger files are not decoded. */
const MAX_BYTES = 256e6;

/**
 * Fetches the file. Rejects with an EngineError: no_cors, not_found, http_status, image_too_large, bad_image, aborted.
 */
export async function fetchPicture(url: string, signal: AbortSignal): Promise<Blob> {
  const failed = (thrown: unknown) => {
    throw (thrown as Error).name === "AbortError" ? aborted() : unreachable(new URL(url));
  };
  const response = await fetch(url, { signal }).catch(failed);
  if (!response.ok) throw refused(new URL(url), response.status);
  if (Number(response.headers.get("Content-Length")) > MAX_BYTES) throw tooLarge();
  const blob = await response.blob().catch(failed);
  if (blob.size > MAX_BYTES) throw tooLarge();
  return blob;
}

/** Returns what it means that nothing can be fetched from an address. */
function unreachable({ protocol, host }: URL): EngineError {
  switch (protocol) {
    case "blob:":
      return new EngineError("not_found", "the picture can no longer be read; attach it again");
    case "data:":
      return new EngineError("bad_image", "the picture's data: address is damaged; check how it is encoded");
  }
  const why = `${host} does not allow this page to read its pictures (CORS), or cannot be reached`;
  return new EngineError("no_cors", `${why}; save the picture and attach the file`, { retryable: true });
}

/** Returns what an HTTP status other than 2xx means. */
function refused({ host }: URL, status: number): EngineError {
  if (status === 404 || status === 410) {
    return new EngineError("not_found", `${host} has no picture at this address; check it`);
  }
  const message = `${host} answered with status ${status} instead of the picture; save the picture and attach the file`;
  return new EngineError("http_status", message, { retryable: status >= 500 });
}

const tooLarge = () =>
  new EngineError("image_too_large", `the picture's file is larger than ${MAX_BYTES / 1e6} MB; make it smaller first`);
