// Errors of a WebGPU device: what no call reported, and the loss of the device, which explains most other errors.

import { EngineError } from "../errors.js";

/** Milliseconds that a browser has to answer a request for an adapter or a device. */
const ANSWER_TIMEOUT = 10_000;

/** Milliseconds after another error within which the loss of the device that caused it becomes known. */
const LOSS_DELAY = 500;

/**
 * Milliseconds without an answer after which a GPU counts as lost although the browser does not say so. Browsers end a
 * GPU process that hangs for some ten seconds; what is queued before a read-back takes at most a minute on the slowest
 * software GPU of our tests.
 */
const SILENCE = 300_000;

/** The name of a limit. */
export type Limit = Exclude<keyof GPUSupportedLimits, "__brand">;

/** Collects the errors of one device. */
export class DeviceErrors {
  #error: EngineError | undefined;
  #closed = false;
  #waiting = new Set<(lost: EngineError) => void>();

  constructor(device: GPUDevice) {
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault(); // Go reports it
      this.#error ??= errorOf(event.error);
    });
    void device.lost.then(({ message }) => this.#lose(new EngineError("device_lost", message)));
  }

  /** From now on the loss of the device is no error. */
  close(): void {
    this.#closed = true;
  }

  /** Whether `take` has an error. */
  get any(): boolean {
    return this.#error !== undefined;
  }

  /** Returns, once, an error that no call reported. A lost device is returned each time. */
  take(): EngineError | undefined {
    const error = this.#error;
    if (error?.code !== "device_lost") this.#error = undefined;
    return error;
  }

  /** Settles as `promise` does, and rejects when the device is lost: then a browser leaves some promises pending. */
  orLost<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject).finally(() => this.#waiting.delete(reject));
      if (this.#error?.code === "device_lost") reject(this.#error);
      else this.#waiting.add(reject);
    });
  }

  /** Settles as orLost does. A promise that is pending for too long means that the device is lost. */
  answered<T>(promise: Promise<T>): Promise<T> {
    const message = `the GPU has not answered for ${SILENCE / 60_000} minutes`;
    const timer = setTimeout(() => this.#lose(new EngineError("device_lost", message)), SILENCE);
    return this.orLost(promise).finally(() => clearTimeout(timer));
  }

  /**
   * Returns why a call failed: `error`, unless the device is lost or out of memory. Both may become known only after
   * the calls that failed because of them, so it waits for a moment.
   */
  async cause(error: EngineError): Promise<EngineError> {
    if (isCause(error)) return error;
    const moment = new Promise((resolve) => setTimeout(resolve, LOSS_DELAY));
    await this.orLost(moment).catch(() => {});
    return isCause(this.#error) ? this.take()! : error;
  }

  #lose(lost: EngineError): void {
    if (!this.#closed) this.#error = lost;
    for (const reject of this.#waiting) reject(lost);
    this.#waiting.clear();
  }
}

/** Reports whether an error is not the consequence of another. */
function isCause(error: EngineError | undefined): boolean {
  return error?.code === "device_lost" || error?.code === "out_of_memory";
}

/** Returns an error of WebGPU with its code. */
function errorOf(error: GPUError): EngineError {
  const memory = error.constructor.name === "GPUOutOfMemoryError";
  return new EngineError(memory ? "out_of_memory" : "internal", error.message);
}

/**
 * Opens the default adapter with its own `limits`; other limits keep WebGPU's defaults. Rejects with `no_webgpu`,
 * `no_adapter`, also when the browser does not answer, or `device_lost`.
 */
export async function openDevice(gpu: GPU | undefined, limits: readonly Limit[]): Promise<GPUDevice> {
  if (!gpu) throw new EngineError("no_webgpu", "navigator.gpu is missing");
  const adapter = await answer(gpu.requestAdapter({ powerPreference: "high-performance" }), "no_adapter");
  if (!adapter) throw new EngineError("no_adapter", "requestAdapter returned null");
  const requiredLimits = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]]));
  return answer(adapter.requestDevice({ requiredLimits }), "device_lost", (late) => late.destroy());
}

/**
 * Returns what the browser answers. Rejects with `no_adapter` when it does not answer in time, and with `code` when it
 * refuses; an adapter whose GPU process has ended refuses a device. `drop` receives an answer that comes too late.
 */
function answer<T>(request: Promise<T>, code: "no_adapter" | "device_lost", drop?: (late: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (drop) request.then(drop, () => {});
      const seconds = ANSWER_TIMEOUT / 1000;
      reject(new EngineError("no_adapter", `the browser has not answered the request for a GPU for ${seconds} s`));
    }, ANSWER_TIMEOUT);
    const refuse = (reason: unknown) => reject(new EngineError(code, String(reason)));
    request.then(resolve, refuse).finally(() => clearTimeout(timer));
  });
}
