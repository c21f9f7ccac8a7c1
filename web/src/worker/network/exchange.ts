// One request and its response, within the rules of the origin: it waits for a stream, and its outcome opens or closes
// the origin for all others.

import { throwIfAborted } from "../../errors.js";
import { Attempt, Rejected } from "./attempt.js";
import { NetworkError, Silent } from "./http-errors.js";
import type { Network } from "./network.js";
import type { Origin, Stream, StreamRequest } from "./origin.js";
import type { Patience } from "./patience.js";
import type { Range } from "./response.js";

/** A response of which so many bytes arrived before it broke is continued at once. */
const GOOD_PROGRESS = 65_536;

/** A response of fewer bytes in less time shows latency, not speed. */
const MEASURED_BYTES = 262_144;
const MEASURED_TIME = 5000;

/** A request for a range. */
export interface Request extends StreamRequest {
  url: string;
  range: Range;
  patience: Patience;
}

/** A response as the handler of an exchange sees it. */
export interface Answer {
  response: Response;
  /** Yields the body as it arrives; it must be read until it ends, or the exchange be left by an error. */
  pieces: AsyncIterable<Uint8Array>;
}

/**
 * Sends a request and passes the answer to handle. Rejects with a NetworkError, Preempted, aborted, or what handle
 * throws.
 */
export async function exchange<T>(
  network: Network,
  request: Request,
  handle: (answer: Answer) => Promise<T>,
): Promise<T> {
  const origin = network.origin(request.url);
  const stream = await origin.acquire(request);
  const attempt = new Attempt(network, request.url, stream, request.signal);
  const meter = { bytes: 0, start: network.clock.now() };
  try {
    const response = await attempt.request(request.range);
    origin.answered(stream);
    request.onWaiting(undefined);
    return await handle({ response, pieces: counted(origin, attempt.body(response), meter) });
  } catch (thrown) {
    throw await report(network, request, stream, thrown, meter.bytes);
  } finally {
    measure(origin, meter.bytes, network.clock.now() - meter.start);
    attempt.close();
    origin.release(stream);
  }
}

/** Counts the pieces of a body and passes them on. */
async function* counted(
  origin: Origin,
  pieces: AsyncIterable<Uint8Array>,
  meter: { bytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    meter.bytes += piece.length;
    origin.received(piece.length);
    yield piece;
  }
}

/** Notes the speed of a response, unless it was too short to show one. */
function measure(origin: Origin, bytes: number, milliseconds: number): void {
  if (bytes >= MEASURED_BYTES || milliseconds >= MEASURED_TIME) origin.measure(bytes, milliseconds);
}

/** Reports to the origin how an exchange failed, and returns the error. */
async function report(
  network: Network,
  { url, range, patience, signal }: Request,
  stream: Stream,
  thrown: unknown,
  received: number,
): Promise<unknown> {
  const error = thrown instanceof Rejected ? await patience.explain(range, thrown.took, signal) : thrown;
  throwIfAborted(signal);
  if (!(error instanceof NetworkError)) return error;
  const origin = network.origin(url);
  if (error.grade !== "transient") origin.answered(stream);
  else if (received < GOOD_PROGRESS && !isCrowded(origin, error)) origin.failed(stream, error);
  return error;
}

/**
 * Reports whether one stream was silent while others of the origin receive: more streams are open than the browser has
 * connections, or than the line can feed. That is no outage.
 */
const isCrowded = (origin: Origin, error: NetworkError) => error instanceof Silent && origin.receiving;
