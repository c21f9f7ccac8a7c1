// The bytes of a picture from where its address points: data:, blob:, or a server that allows it.

import { aborted, EngineError } from "../../errors.js";
import { type Cancel, type Clock, systemClock } from "../network/clock.js";

/** Larger files are not decoded. */
const MAX_BYTES = 256e6;

/** A server that sends nothing for so long is given up, ms. */
const STALL_TIME = 30_000;

/**
 * Fetches the file. However it ends, no more of it is transferred. Rejects with an EngineError: no_cors, not_found,
 * http_status, connection_lost, image_too_large, bad_image, aborted.
 */
export async function fetchPicture(url: string, signal: AbortSignal, clock: Clock = systemClock): Promise<Blob> {
  const transfer = new AbortController();
  const stall = new Stall(clock, () => transfer.abort());
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, transfer.signal]) });
    if (!response.ok) throw refused(new URL(url), response.status);
    if (Number(response.headers.get("Content-Length")) > MAX_BYTES) throw tooLarge();
    return await readBody(response, stall);
  } catch (thrown) {
    if (thrown instanceof EngineError) throw thrown;
    if (signal.aborted) throw aborted();
    throw transfer.signal.aborted ? stalled(new URL(url)) : unreachable(new URL(url));
  } finally {
    stall.end();
    transfer.abort();
  }
}

/** Reads the body, and no more of it than may be decoded. */
async function readBody(response: Response, stall: Stall): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader!.read()) {
    stall.restart();
    bytes += next.value.length;
    if (bytes > MAX_BYTES) throw tooLarge();
    pieces.push(next.value as Uint8Array<ArrayBuffer>);
  }
  return new Blob(pieces);
}

/** Calls a function once when nothing has arrived for a while. */
class Stall {
  readonly #clock: Clock;
  readonly #onStall: () => void;
  #cancel: Cancel = () => {};

  constructor(clock: Clock, onStall: () => void) {
    this.#clock = clock;
    this.#onStall = onStall;
    this.restart();
  }

  /** Something has arrived. */
  restart(): void {
    this.end();
    this.#cancel = this.#clock.after(STALL_TIME, this.#onStall);
  }

  end(): void {
    this.#cancel();
  }
}

/** Returns the error of a server that accepted the request and sends nothing. */
function stalled({ host }: URL): EngineError {
  const message = `${host} has sent nothing of the picture for ${STALL_TIME / 1000} s; try again, or attach the file`;
  return new EngineError("connection_lost", message, { retryable: true });
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
