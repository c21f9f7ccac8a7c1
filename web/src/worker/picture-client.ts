// The picture worker as the engine worker sees it: started with the first picture, ended when idle, because WebAssembly
// memory never shrinks. Go (wasm/pictures_js.go) calls cut.

import { aborted, type ErrorData } from "../errors.js";
import type { Answer, Ask, Cut, Geometry } from "./picture/messages.js";

/** How long the worker waits for another picture, ms. */
const IDLE = 10_000;

/** How many checked pictures are kept for the request that will want them; at most 6 MB each. */
const MAX_KEPT = 8;

declare global {
  /** Where Go finds the client; see installPictures. */
  var outriderPictures: PictureClient | undefined;
}

/** What the client needs of a Worker; tests give a double. */
export interface PicturePort {
  postMessage(ask: Ask): void;
  onmessage: ((event: MessageEvent<Answer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

/** Gives the Go program of this worker a way to have pictures cut. Call it before Go starts. */
export function installPictures(start: () => PicturePort): PictureClient {
  return (globalThis.outriderPictures = new PictureClient(start));
}

interface Pending {
  resolve(cut: Cut): void;
  reject(error: ErrorData): void;
}

export class PictureClient {
  readonly #start: () => PicturePort;
  readonly #idle: number;
  readonly #pending = new Map<number, Pending>();
  readonly #kept = new Map<string, Cut>();
  #worker: PicturePort | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextId = 1;

  constructor(start: () => PicturePort, idle = IDLE) {
    this.#start = start;
    this.#idle = idle;
  }

  /** The picture at url, cut up and kept for the one call of cut that is to come. Rejects with an EngineError. */
  async check(signal: AbortSignal, url: string, tile: number, maxTiles: number): Promise<Cut> {
    const key = keyOf(url, { tile, maxTiles });
    const cut = this.#kept.get(key) ?? (await this.#ask(signal, url, { tile, maxTiles }));
    this.#kept.delete(key); // and put it last
    this.#kept.set(key, cut);
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return cut;
  }

  /** The picture at url, cut up. Rejects with an EngineError. */
  async cut(signal: AbortSignal, url: string, tile: number, maxTiles: number): Promise<Cut> {
    const key = keyOf(url, { tile, maxTiles });
    const cut = this.#kept.get(key);
    this.#kept.delete(key);
    return cut ?? this.#ask(signal, url, { tile, maxTiles });
  }

  #ask(signal: AbortSignal, url: string, geometry: Geometry): Promise<Cut> {
    if (signal.aborted) return Promise.reject(aborted());
    clearTimeout(this.#timer);
    const worker = (this.#worker ??= this.#begin());
    const id = this.#nextId++;
    const abort = () => worker.postMessage({ id, abort: true });
    signal.addEventListener("abort", abort);
    const answer = new Promise<Cut>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    worker.postMessage({ id, url, ...geometry });
    return answer.finally(() => {
      signal.removeEventListener("abort", abort);
      if (this.#pending.size === 0) this.#timer = setTimeout(() => this.#end(), this.#idle);
    });
  }

  #begin(): PicturePort {
    const worker = this.#start();
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onerror = ({ message }) => this.#receive({ fatal: unreachable(message) });
    return worker;
  }

  #receive(answer: Answer): void {
    if ("fatal" in answer) return this.#end(answer.fatal);
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ("error" in answer) pending?.reject(answer.error);
    else pending?.resolve(answer.cut);
  }

  #end(error?: ErrorData): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const pending of this.#pending.values()) pending.reject(error!); // without a error nothing is pending
    this.#pending.clear();
  }
}

const keyOf = (url: string, { tile, maxTiles }: Geometry) => `${tile}/${maxTiles} ${url}`;

function unreachable(detail: string): ErrorData {
  const message = `pictures cannot be read${detail && `: ${detail}`}; reload the page and try again`;
  return { code: "internal", message, retryable: true };
}
