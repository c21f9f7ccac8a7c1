// The picture worker as the engine worker uses it: started with the first picture and ended when idle, because
// WebAssembly memory never shrinks. Go (wasm/pictures_js.go) calls check and cut.

import { aborted } from "../errors.js";
import { Client, type Port } from "../rpc.js";
import type { Cut, Geometry, PictureMethods } from "./picture/methods.js";

/** How long the worker waits for another picture, ms. */
const IDLE = 10_000;

/** How long cutting a picture may take to end after an abort before it is given up, ms. */
const ABORT_TIME = 500;

/** How many checked pictures are kept for the request that will use them; at most 6 MB each. */
const MAX_KEPT = 8;

declare global {
  /** Where Go finds the client; see installPictures. */
  var outriderPictures: PictureClient | undefined;
}

/** Lets the Go program of this worker have pictures cut. Call it before Go starts. */
export function installPictures(start: () => Port): void {
  globalThis.outriderPictures = new PictureClient(start);
}

/** The client of the picture worker. */
export class PictureClient {
  readonly #start: () => Port;
  readonly #idle: number;
  readonly #kept = new Map<string, Cut>();
  #client: Client<PictureMethods> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Makes a client; start starts a worker, which is ended after idle ms without a picture. */
  constructor(start: () => Port, idle = IDLE) {
    this.#start = start;
    this.#idle = idle;
  }

  /** Cuts the picture at url and keeps the result for the next call of cut with it. Rejects with an EngineError. */
  async check(signal: AbortSignal, url: string, tile: number, maxTiles: number): Promise<Cut> {
    const key = keyOf(url, { tile, maxTiles });
    const cut = this.#kept.get(key) ?? (await this.#call(signal, url, { tile, maxTiles }));
    this.#kept.delete(key); // so that it becomes the newest
    this.#kept.set(key, cut);
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return cut;
  }

  /** Returns the picture at url, cut. Rejects with an EngineError. */
  async cut(signal: AbortSignal, url: string, tile: number, maxTiles: number): Promise<Cut> {
    const key = keyOf(url, { tile, maxTiles });
    const cut = this.#kept.get(key);
    this.#kept.delete(key);
    return cut ?? this.#call(signal, url, { tile, maxTiles });
  }

  async #call(signal: AbortSignal, url: string, geometry: Geometry): Promise<Cut> {
    if (signal.aborted) throw aborted(); // without starting a worker
    clearTimeout(this.#timer);
    this.#client ??= this.#open();
    const client = this.#client;
    try {
      return await client.call("cut", [url, geometry], { signal });
    } finally {
      if (client === this.#client && client.pending === 0) this.#closeLater();
    }
  }

  #open(): Client<PictureMethods> {
    return new Client(this.#start(), {
      failure: "pictures cannot be read",
      abortTime: ABORT_TIME,
      onFatal: () => (this.#client = undefined),
    });
  }

  /** Ends the worker unless it is used again within the idle time. */
  #closeLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#client?.close();
      this.#client = undefined;
    }, this.#idle);
  }
}

const keyOf = (url: string, { tile, maxTiles }: Geometry) => `${tile}/${maxTiles} ${url}`;
