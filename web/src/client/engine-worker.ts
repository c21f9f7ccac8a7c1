// The engine worker as the engine uses it: started with the first call, and again after it failed.

import { aborted, throwIfAborted } from "../errors.js";
import type { ChatProgress, EngineMethods } from "../protocol.js";
import { type CallOptions, Client, type Port, type ProgressOf } from "../rpc.js";

type Method = keyof EngineMethods;
type Args<K extends Method> = EngineMethods[K]["args"];
type Result<K extends Method> = EngineMethods[K]["result"];
type Options<K extends Method> = CallOptions<ProgressOf<EngineMethods[K]>>;

/** How long a call may take to end after an abort before it is given up, ms. */
const ABORT_TIME = 500;

/** Calls the engine worker. When the worker has failed, another one takes its place and loads the same model. */
export class EngineWorker {
  readonly #connect: () => Port;
  #client: Client<EngineMethods> | undefined;
  /** The load of the model that is open, or was when the worker failed. */
  #model: Args<"load"> | undefined;
  /** The worker has failed, and the model has not been loaded again. */
  #lost = false;
  #restoring: { done: Promise<unknown>; abort: AbortController } | undefined;
  #bandwidth = 0;

  /** connect starts a worker. */
  constructor(connect: () => Port) {
    this.#connect = connect;
  }

  /** Calls a method. Rejects with an EngineError. */
  async call<K extends Method>(method: K, args: Args<K>, options: Options<K> = {}): Promise<Result<K>> {
    if (method === "load" || method === "unload") this.#forgetModel();
    const client = this.#started();
    if (method === "limitBandwidth") [this.#bandwidth] = args as Args<"limitBandwidth">;
    const result = await client.call(method, args, options);
    if (method === "load") this.#model = args as Args<"load">;
    return result;
  }

  /**
   * Calls a method that needs the model. One that was open when the worker failed is loaded again before, also if it
   * fails during this call, once, and before the first word of an answer.
   */
  async callWithModel<K extends "chat" | "picture">(
    method: K,
    args: Args<K>,
    options: CallOptions<EngineMethods["chat"]["progress"]> = {},
  ): Promise<Result<K>> {
    let answered = false;
    const onProgress: typeof options.onProgress = (progress) => {
      answered ||= progress.phase === "delta";
      options.onProgress?.(progress);
    };
    for (let first = true; ; first = false) {
      if (this.#lost) await this.#restore(options);
      try {
        return await this.call(method, args, { ...options, onProgress } as Options<K>);
      } catch (error) {
        if (!this.#lost || answered || !first) throw error;
      }
    }
  }

  /** Ends the worker. Calls that are not answered yet reject as aborted. */
  close(): void {
    this.#forgetModel();
    this.#client?.close();
    this.#client = undefined;
  }

  #started(): Client<EngineMethods> {
    if (this.#client) return this.#client;
    const client: Client<EngineMethods> = new Client(this.#connect(), {
      failure: "the engine does not run",
      abortTime: ABORT_TIME,
      onFatal: () => this.#onFatal(client),
    });
    this.#client = client;
    if (this.#bandwidth) client.call("limitBandwidth", [this.#bandwidth]).catch(() => {}); // other calls fail as well
    return client;
  }

  #onFatal(client: Client<EngineMethods>): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#lost = this.#model !== undefined;
  }

  #forgetModel(): void {
    this.#restoring?.abort.abort();
    this.#model = undefined;
    this.#lost = false;
  }

  /** Loads the model again, once for all calls that wait for it. */
  async #restore({ signal, onProgress }: { signal?: AbortSignal | undefined } & Recovering): Promise<void> {
    this.#restoring ??= this.#reload(onProgress);
    const { done } = this.#restoring;
    await (signal ? Promise.race([done, rejectedBy(signal)]) : done);
  }

  #reload(onProgress: Recovering["onProgress"]): { done: Promise<unknown>; abort: AbortController } {
    const abort = new AbortController();
    const args = this.#model!;
    const report = ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) =>
      onProgress?.({ phase: "restart", bytesDone, bytesTotal });
    report({ bytesDone: 0, bytesTotal: 0 });
    const load = this.#started().call("load", args, { signal: abort.signal, onProgress: report });
    const done = load.then(() => (this.#lost &&= abort.signal.aborted)).finally(() => (this.#restoring = undefined));
    return { done, abort };
  }
}

interface Recovering {
  onProgress?: ((progress: ChatProgress) => void) | undefined;
}

/** Rejects when the signal fires. */
function rejectedBy(signal: AbortSignal): Promise<never> {
  throwIfAborted(signal);
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(aborted()), { once: true }));
}
