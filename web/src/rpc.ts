// Calls between threads. A client posts calls to a port; a server at the other end answers each with one result or one
// error, after any number of progress values. The page uses it to call the engine worker, which uses it to call the
// storage worker and the picture worker.
//
// A call has an id that its replies repeat. Calls are answered in any order; the replies to one call come in order. An
// abort has the id of the call that it ends, which still gets its last reply. Errors cross as ErrorData.

import { aborted, EngineError, type ErrorData, fromErrorData, toErrorData } from "./errors.js";

/** The types of one method. Without `progress`, a method reports none. */
export interface Method {
  args: readonly unknown[];
  progress?: unknown;
  result: unknown;
}

/** The methods of a server by name. */
export type Methods<M> = { [K in keyof M]: Method };

/** The type of the progress that a method reports. */
export type ProgressOf<T> = T extends { progress: infer P } ? P : never;

/** Client → server. */
export type Request<M extends Methods<M>> =
  | { [K in keyof M]: { kind: "call"; id: number; method: K; args: M[K]["args"] } }[keyof M]
  | { kind: "abort"; id: number };

/** Server → client. `result` and `error` are the last reply to a call; `fatal` ends the server and all its calls. */
export type Reply<M extends Methods<M>> =
  | { kind: "progress"; id: number; progress: ProgressOf<M[keyof M]> }
  | { kind: "result"; id: number; result: M[keyof M]["result"] }
  | { kind: "error"; id: number; error: ErrorData }
  | { kind: "fatal"; error: ErrorData };

/** What both ends need of a Worker, a MessagePort or a worker's global scope; tests use doubles. */
export interface Port {
  postMessage(message: unknown, options?: { transfer?: Transferable[] }): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  addEventListener(type: "error", listener: (event: ErrorEvent) => void): void;
  /** A MessagePort has it; it delivers nothing before. */
  start?(): void;
  /** A Worker has it. */
  terminate?(): void;
}

/** How a call is made. */
export interface CallOptions<P = never> {
  /** Aborting it ends the call, whose promise rejects when the server has answered; see {@link ClientOptions}. */
  signal?: AbortSignal | undefined;
  /** Receives what the method reports before its result. */
  onProgress?: ((progress: P) => void) | undefined;
  /** The arguments, or parts of them, that are moved to the server instead of copied. */
  transfer?: Transferable[] | undefined;
}

/** What a client does when its server is gone. */
export interface ClientOptions {
  /** What does not work then, for a person: the first clause of the error's message. */
  failure?: string;
  /** Called once. The client is of no more use; it has ended the worker and rejected every pending call. */
  onFatal?: () => void;
  /**
   * Milliseconds after an abort in which the server may answer; then the call rejects as aborted without it. If absent,
   * the call rejects when the server has answered, and what the server held for it is free again.
   */
  abortTime?: number;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: EngineError): void;
  onProgress?: ((progress: never) => void) | undefined;
}

/** The calling end of a port. */
export class Client<M extends Methods<M>> {
  readonly #port: Port;
  readonly #onFatal: () => void;
  readonly #abortTime: number | undefined;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  constructor(port: Port, { failure = "a worker failed", onFatal = () => {}, abortTime }: ClientOptions = {}) {
    this.#port = port;
    this.#abortTime = abortTime;
    this.#onFatal = onFatal;
    port.addEventListener("message", ({ data }: MessageEvent<Reply<M>>) => this.#receive(data));
    port.addEventListener("error", ({ message = "" }) => this.#fail(uncaught(failure, message)));
    port.start?.();
  }

  /** How many calls have not been answered yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Calls a method and returns its result. Rejects with an EngineError. */
  async call<K extends keyof M>(
    method: K,
    args: M[K]["args"],
    { signal, onProgress, transfer = [] }: CallOptions<ProgressOf<M[K]>> = {},
  ): Promise<M[K]["result"]> {
    if (signal?.aborted) throw aborted();
    const id = this.#nextId++;
    let giveUp: ReturnType<typeof setTimeout> | undefined;
    const abort = () => {
      this.#post({ kind: "abort", id });
      if (this.#abortTime !== undefined)
        giveUp = setTimeout(() => this.#pending.get(id)?.reject(aborted()), this.#abortTime);
    };
    const result = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress });
      this.#post({ kind: "call", id, method, args } as Request<M>, transfer);
      signal?.addEventListener("abort", abort);
    });
    try {
      return await result;
    } finally {
      clearTimeout(giveUp);
      signal?.removeEventListener("abort", abort);
      this.#pending.delete(id);
    }
  }

  /** Ends the worker and rejects every pending call, as aborted unless an error is given. */
  close(error = aborted()): void {
    this.#port.terminate?.();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #post(request: Request<M>, transfer: Transferable[] = []): void {
    this.#port.postMessage(request, { transfer });
  }

  #receive(reply: Reply<M>): void {
    if (reply.kind === "fatal") this.#fail(fromErrorData(reply.error));
    else if (reply.kind === "progress") this.#pending.get(reply.id)?.onProgress?.(reply.progress as never);
    else if (reply.kind === "result") this.#pending.get(reply.id)?.resolve(reply.result);
    else this.#pending.get(reply.id)?.reject(fromErrorData(reply.error));
  }

  #fail(error: EngineError): void {
    this.#onFatal();
    this.close(error);
  }
}

/** Returns the error of a worker that failed outside of any call. */
function uncaught(failure: string, detail: string): EngineError {
  const message = `${failure}${detail && `: ${detail}`}; reload the page and try again`;
  return new EngineError("internal", message, { retryable: true });
}

/** A call as its handler sees it. */
export interface Call<P = never> {
  /** Fires when the client aborts the call. */
  readonly signal: AbortSignal;
  /** What of the result is moved to the client instead of copied; the handler adds to it. */
  readonly transfer: Transferable[];
  /** Reports progress to the client. */
  progress(value: P): void;
}

/** The implementation of a server's methods. */
export type Handlers<M extends Methods<M>> = {
  [K in keyof M]: (call: Call<ProgressOf<M[K]>>, ...args: M[K]["args"]) => Promise<M[K]["result"]>;
};

/** A server that runs on a port. */
export interface Server {
  /** Tells the client that the server has ended. */
  fatal(error: ErrorData): void;
}

/** Answers the calls that arrive at a port. toData turns what a handler throws into what the client receives. */
export function serve<M extends Methods<M>>(port: Port, handlers: Handlers<M>, toData = toErrorData): Server {
  const running = new Map<number, AbortController>();
  const reply = (message: Reply<M>, transfer: Transferable[] = []) => port.postMessage(message, { transfer });
  const answer = async ({ id, method, args }: Extract<Request<M>, { kind: "call" }>) => {
    const controller = new AbortController();
    running.set(id, controller);
    const call = {
      signal: controller.signal,
      transfer: [],
      progress: (progress: ProgressOf<M[keyof M]>) => reply({ kind: "progress", id, progress }),
    };
    try {
      reply({ kind: "result", id, result: await handlers[method](call, ...args) }, call.transfer);
    } catch (thrown) {
      reply({ kind: "error", id, error: toData(thrown) });
    } finally {
      running.delete(id);
    }
  };
  port.addEventListener("message", ({ data }: MessageEvent<Request<M>>) => {
    if (data?.kind === "call") void answer(data);
    else if (data?.kind === "abort") running.get(data.id)?.abort();
  });
  port.start?.();
  return { fatal: (error) => reply({ kind: "fatal", error }) };
}
