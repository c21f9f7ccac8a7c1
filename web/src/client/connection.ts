// One engine worker and the requests under way in it. Knows ids, not what requests mean.

import type { ChatCompletionChunk } from "./openai.js";
import { aborted, EngineError, type ErrorData, fromErrorData } from "../errors.js";
import type { ChatProgress, Reply, Request, RequestKind, Requests } from "../protocol.js";

/** What a connection needs of a Worker; tests give a MessagePort or a double. */
export interface Port {
  postMessage(message: Request): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Reply>) => void): void;
  addEventListener(type: "error", listener: (event: ErrorEvent) => void): void;
  terminate(): void;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ChatProgress) => void) | undefined;
  onChunk?: ((chunk: ChatCompletionChunk) => void) | undefined;
}

interface Pending extends CallOptions {
  resolve(value: never): void;
  reject(error: EngineError): void;
}

export class Connection {
  readonly #port: Port;
  readonly #onFatal: () => void;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  /** onFatal is called once, when the worker is gone and this connection is of no more use. */
  constructor(port: Port, onFatal: () => void) {
    this.#port = port;
    this.#onFatal = onFatal;
    port.addEventListener("message", (event) => this.#receive(event.data));
    port.addEventListener("error", (event) => this.#fail(unreachable(event.message)));
  }

  /** Sends a request and gives its result. Rejects with an EngineError. */
  call<K extends RequestKind>(
    kind: K,
    payload: Requests[K]["payload"],
    options: CallOptions = {},
  ): Promise<Requests[K]["result"]> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(aborted());
    const id = this.#nextId++;
    const abort = () => this.#port.postMessage({ id, kind: "abort" });
    const result = new Promise<Requests[K]["result"]>((resolve, reject) => {
      this.#pending.set(id, { ...options, resolve, reject });
      this.#port.postMessage({ id, kind, ...payload } as Request);
      signal?.addEventListener("abort", abort);
    });
    return result.finally(() => signal?.removeEventListener("abort", abort));
  }

  /** Ends the worker. Requests under way reject as aborted. */
  close(): void {
    this.#end(aborted());
  }

  #receive(reply: Reply): void {
    if (reply.kind === "fatal") return this.#fail(reply.error);
    const pending = this.#pending.get(reply.id);
    switch (reply.kind) {
      case "progress":
        return pending?.onProgress?.(reply.progress);
      case "chunk":
        return pending?.onChunk?.(reply.chunk);
      case "done":
        pending?.resolve(reply.value as never);
        break;
      case "error":
        pending?.reject(fromErrorData(reply.error));
        break;
    }
    this.#pending.delete(reply.id);
  }

  #fail(data: ErrorData): void {
    this.#onFatal();
    this.#end(fromErrorData(data));
  }

  #end(error: EngineError): void {
    this.#port.terminate();
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

function unreachable(detail: string): ErrorData {
  const message = `the engine could not start${detail && `: ${detail}`}; reload the page and try again`;
  return { code: "internal", message, retryable: true };
}
