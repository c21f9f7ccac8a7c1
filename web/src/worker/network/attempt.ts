// One request for a range: it ends when the server is silent, when the caller stops it, or when its connection is
// needed for something more urgent, and says why.

import { aborted, throwIfAborted } from "../../errors.js";
import type { Cancel } from "./clock.js";
import { connectionLost, NetworkError, Silent, statusError, webPage } from "./http-errors.js";
import type { Network } from "./network.js";
import type { Stream } from "./origin.js";
import { isHTML, type Range, retryAfter } from "./response.js";

/** Milliseconds within which the headers of a response must arrive. */
const HEADER_TIMEOUT = 30_000;

/** A body that receives fewer bytes in this many milliseconds is given up. */
const FLOOR_TIME = 30_000;
const FLOOR_BYTES = 30_000;

/** Milliseconds for which a body is not read while more urgent streams are open. Then its connection is closed. */
const MAX_PAUSE = 500;
const PAUSE_STEP = 50;

/** Is thrown when an attempt ends because something more urgent needs its connection. It is not a failure. */
export class Preempted extends Error {}

/** Is thrown when fetch rejects. That says nothing about the reason; see diagnosis.ts. */
export class Rejected extends Error {
  /** Milliseconds until fetch rejected. */
  readonly took: number;

  constructor(took: number) {
    super("fetch rejected");
    this.took = took;
  }
}

/** A request and the reading of its response. */
export class Attempt {
  readonly #network: Network;
  readonly #url: string;
  readonly #stream: Stream;
  readonly #caller: AbortSignal;
  readonly #silence = new AbortController();
  readonly #signal: AbortSignal;

  constructor(network: Network, url: string, stream: Stream, signal: AbortSignal) {
    this.#network = network;
    this.#url = url;
    this.#stream = stream;
    this.#caller = signal;
    this.#signal = AbortSignal.any([signal, stream.preempted, this.#silence.signal]);
  }

  /** Ends the request. */
  close(): void {
    this.#silence.abort();
  }

  /**
   * Requests a range and returns the response when its headers have arrived, if its status is 206. The browser's cache
   * is not used: the store is one.
   */
  async request({ offset, length }: Range): Promise<Response> {
    const headers = { Range: `bytes=${offset}-${offset + length - 1}` };
    const start = performance.now();
    const cancel = this.#endAfter(HEADER_TIMEOUT);
    try {
      const response = await this.#network.fetch(this.#url, { headers, cache: "no-store", signal: this.#signal });
      if (response.status === 206) return response;
      throw this.#refusal(response);
    } catch (thrown) {
      throw thrown instanceof NetworkError ? thrown : this.#explain(new Rejected(performance.now() - start));
    } finally {
      cancel();
    }
  }

  /** Yields the pieces of a response's body as they arrive, within the limits of bandwidth and priority. */
  async *body(response: Response): AsyncGenerator<Uint8Array> {
    const reader = response.body!.getReader();
    const floor = new Floor(this.#network, () => this.#silence.abort());
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        floor.received(value.length);
        yield value;
        await floor.during(this.#network.bandwidth.take(value.length, this.#signal));
        await floor.during(this.#pauseForOthers());
      }
    } catch (thrown) {
      throw thrown instanceof NetworkError ? thrown : this.#explain(connectionLost(this.#url));
    } finally {
      floor.stop();
      reader.cancel().catch(() => {});
    }
  }

  /** Returns what a status other than 206 means. */
  #refusal(response: Response): NetworkError {
    const { clock } = this.#network;
    if (response.status === 200 && isHTML(response)) return webPage(this.#url);
    return statusError(this.#url, response.status, retryAfter(response, clock.now()));
  }

  /** Returns why something was thrown: the reason for which this attempt ended itself, otherwise the given error. */
  #explain(error: Error): Error {
    if (this.#caller.aborted) return aborted();
    if (this.#stream.preempted.aborted || error instanceof Preempted) return new Preempted();
    if (this.#silence.signal.aborted) return new Silent(this.#url);
    return error;
  }

  /** Waits while more urgent streams are open; after a while it closes the connection. Reports whether it waited. */
  async #pauseForOthers(): Promise<boolean> {
    const { priorities, clock } = this.#network;
    const { rank } = this.#stream;
    if (!priorities.busyAbove(rank)) return false;
    for (let waited = 0; priorities.busyAbove(rank); waited += PAUSE_STEP) {
      if (waited >= MAX_PAUSE) this.#stream.preempt();
      throwIfAborted(this.#signal);
      await new Promise<void>((resolve) => clock.after(PAUSE_STEP, resolve));
    }
    return true;
  }

  #endAfter(milliseconds: number): Cancel {
    return this.#network.clock.after(milliseconds, () => this.#silence.abort());
  }
}

/** Ends a body that arrives too slowly. Time in which the body was deliberately not read does not count. */
class Floor {
  readonly #network: Network;
  readonly #end: () => void;
  #bytes = 0;
  #pausing = false;
  #paused = false;
  #cancel: Cancel;

  constructor(network: Network, end: () => void) {
    this.#network = network;
    this.#end = end;
    this.#cancel = this.#start();
  }

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Waits for a pause, which resolves with whether it was one. */
  async during(pause: Promise<boolean>): Promise<void> {
    this.#pausing = true;
    if (await pause) this.#paused = true;
    this.#pausing = false;
  }

  stop(): void {
    this.#cancel();
  }

  #start(): Cancel {
    return this.#network.clock.after(FLOOR_TIME, () => {
      if (this.#bytes < FLOOR_BYTES && !this.#paused && !this.#pausing) return this.#end();
      this.#bytes = 0;
      this.#paused = false;
      this.#cancel = this.#start();
    });
  }
}
