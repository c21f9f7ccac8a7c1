// The bytes of a picture from where its address points: data:, blob:, or a server that allows it.

import { toFault } from "../../client/error.js";
import { asFault, StorageFault } from "../storage/fault.js";

/** Larger files are no pictures that could be decoded. */
const MAX_BYTES = 256e6;

/** Fetches the file. Rejects with a fault: no_cors, not_found, http_status, image_too_large, bad_image, aborted. */
export async function fetchPicture(url: string, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(url, { signal }).catch((thrown) => {
    throw (thrown as Error).name === "AbortError" ? asFault(thrown) : unreachable(new URL(url));
  });
  if (!response.ok) throw refused(new URL(url), response.status);
  if (Number(response.headers.get("Content-Length")) > MAX_BYTES) throw tooLarge();
  const blob = await response.blob().catch((thrown) => {
    throw (thrown as Error).name === "AbortError" ? asFault(thrown) : unreachable(new URL(url));
  });
  if (blob.size > MAX_BYTES) throw tooLarge();
  return blob;
}

/** Any thrown thing as a fault that can be posted. */
export const plainFault = (thrown: unknown) => ({ ...toFault(thrown) });

function unreachable({ protocol, host }: URL): StorageFault {
  switch (protocol) {
    case "blob:":
      return new StorageFault("not_found", "The picture can no longer be read. Attach it again.");
    case "data:":
      return new StorageFault("bad_image", "The picture's data: address is damaged. Check how it is encoded.");
  }
  return new StorageFault("no_cors", `${host} does not allow this page to read its pictures (CORS), or cannot be reached. Save the picture and attach the file.`, true);
}

function refused({ host }: URL, status: number): StorageFault {
  if (status === 404 || status === 410) return new StorageFault("not_found", `${host} has no picture at this address. Check it.`);
  return new StorageFault("http_status", `${host} answered with status ${status} instead of the picture. Save the picture and attach the file.`, status >= 500);
}

const tooLarge = () =>
  new StorageFault("image_too_large", `The picture's file is larger than ${MAX_BYTES / 1e6} MB. Make it smaller first.`);
