// The GPU host owns the WebGPU device of the engine worker and everything created on it. Go decides what to create and
// assigns each object a number, each kind by its own; programs name objects by these numbers. The host creates and
// releases objects, replays programs, copies bytes and collects errors. The Go half is internal/gpu/device.

import { EngineError } from "../errors.js";
import { DeviceErrors, openDevice } from "./device-errors.js";

declare global {
  /** Opens a device for Go; the worker that starts Go installs it. */
  var outriderGPU: (() => Promise<GPUHost>) | undefined;
}

/** Lets Go open devices of this implementation of WebGPU, `navigator.gpu` in a browser. */
export function installGPUHost(gpu: GPU | undefined): void {
  globalThis.outriderGPU = () => GPUHost.open(gpu);
}

/** The limits that the device is requested with: all that the adapter has. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;

/** A fence is put into the queue after this many uploaded bytes, and this many fences may be pending. */
const FENCE_BYTES = 16 << 20;
const MAX_FENCES = 4;

/** The commands of a program; see internal/gpu/device/program.go. */
const OP_DISPATCH = 1;
const DISPATCH_WORDS = 7;

/** The layout of a bind group 0, and of the pipelines that have this group alone. */
interface Layout {
  group: GPUBindGroupLayout;
  pipeline: GPUPipelineLayout;
}

/** One WebGPU device and the objects created on it. Every method but `open` is called by Go. */
export class GPUHost {
  #buffers = new NumberedObjects<GPUBuffer>();
  #layouts = new NumberedObjects<Layout>();
  #pipelines = new NumberedObjects<GPUComputePipeline>();
  #groups = new NumberedObjects<GPUBindGroup>();
  #programs = new NumberedObjects<Uint32Array>();
  #staging: GPUBuffer[] = [];
  #unfencedBytes = 0;
  #fences: Promise<unknown>[] = [];
  #errors: DeviceErrors;

  private constructor(readonly device: GPUDevice) {
    this.#errors = new DeviceErrors(device);
  }

  /** Opens the default adapter with its own limits. Rejects as `openDevice` does. */
  static async open(gpu: GPU | undefined): Promise<GPUHost> {
    return new GPUHost(await openDevice(gpu, LIMITS));
  }

  /** Destroys the device; that it is lost then is not an error. */
  close(): void {
    this.#errors.close();
    this.device.destroy();
  }

  /** Creates a buffer of zeros. */
  createBuffer(id: number, label: string, size: number, usage: GPUBufferUsageFlags): void {
    this.#buffers.set(id, this.device.createBuffer({ label, size, usage }));
  }

  /** Frees a buffer's memory. */
  destroyBuffer(id: number): void {
    this.#buffers.remove(id).destroy();
  }

  /** Creates the layout of bindings of these types. The offset of a uniform, the dispatch's parameters, is dynamic. */
  createLayout(id: number, ...types: GPUBufferBindingType[]): void {
    const entries = types.map((type, binding) => {
      const buffer = { type, hasDynamicOffset: type === "uniform" };
      return { binding, visibility: GPUShaderStage.COMPUTE, buffer };
    });
    const group = this.device.createBindGroupLayout({ entries });
    this.#layouts.set(id, { group, pipeline: this.device.createPipelineLayout({ bindGroupLayouts: [group] }) });
  }

  /** Compiles a kernel without blocking. Programs may run it once this resolves. */
  async createPipeline(id: number, label: string, layout: number, code: string): Promise<void> {
    this.device.pushErrorScope("validation"); // swallows an error that says less than the module's messages
    const module = this.device.createShaderModule({ label, code });
    const popped = this.device.popErrorScope().catch(() => null);
    const compute = { module, entryPoint: "main" };
    try {
      const descriptor = { label, layout: this.#layouts.get(layout).pipeline, compute };
      const compiled = this.device.createComputePipelineAsync(descriptor);
      this.#pipelines.set(id, await this.#errors.orLost(compiled));
      await this.#errors.orLost(popped);
    } catch (reason) {
      throw await this.#compileError(module, reason);
    }
  }

  /** Returns why a module did not become a pipeline. */
  async #compileError(module: GPUShaderModule, reason: unknown): Promise<EngineError> {
    const messages = this.#errors.orLost(compilerErrors(module)).catch(() => "");
    return this.#errors.cause(new EngineError("internal", (await messages) || String((reason as Error).message)));
  }

  /** Binds buffers in order: each whole, but of the last one, the parameters, only `paramBytes`. */
  createBindGroup(id: number, layout: number, paramBytes: number, ...buffers: number[]): void {
    const entries = buffers.map((number, binding) => ({ binding, resource: { buffer: this.#buffers.get(number) } }));
    Object.assign(entries.at(-1)!.resource, { size: paramBytes });
    this.#groups.set(id, this.device.createBindGroup({ layout: this.#layouts.get(layout).group, entries }));
  }

  /** Drops a bind group. */
  releaseBindGroup(id: number): void {
    this.#groups.remove(id);
  }

  /** Keeps a copy of a program's words, so that running it reads nothing from Go's memory. */
  addProgram(id: number, bytes: Uint8Array): void {
    this.#programs.set(id, new Uint32Array(bytes.slice().buffer));
  }

  /** Drops a program. What is queued already still runs. */
  releaseProgram(id: number): void {
    this.#programs.remove(id);
  }

  /** Queues a program, from one of its words on, as one pass and one submit. Returns whether `takeError` has one. */
  run(id: number, from: number): boolean {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.#replay(pass, this.#programs.get(id), from);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
    return this.#errors.any;
  }

  /** Executes the words of a program; queue_native.go has the same function for the native half. */
  #replay(pass: GPUComputePassEncoder, words: Uint32Array, from: number): void {
    let current = -1;
    for (let i = from; i < words.length; i += DISPATCH_WORDS) {
      if (words[i] !== OP_DISPATCH) throw new EngineError("internal", `no command ${words[i]}`);
      const pipeline = words[i + 1]!;
      if (pipeline !== current) pass.setPipeline(this.#pipelines.get(pipeline));
      current = pipeline;
      pass.setBindGroup(0, this.#groups.get(words[i + 2]!), words, i + 3, 1);
      pass.dispatchWorkgroups(words[i + 4]!, words[i + 5], words[i + 6]);
    }
  }

  /** Queues a copy of the first `length` bytes of `data`; `offset` and `length` are multiples of 4. */
  write(buffer: number, offset: number, data: Uint8Array<ArrayBuffer>, length: number): void {
    this.device.queue.writeBuffer(this.#buffers.get(buffer), offset, data, 0, length);
  }

  /**
   * Queues a copy of bytes `from` to `from + length` of a source; zeros fill the last word. When many bytes are queued
   * already, it returns a promise, which the caller awaits before the next upload.
   */
  upload(id: number, offset: number, source: ArrayBuffer, from: number, length: number): Promise<unknown> | undefined {
    const buffer = this.#buffers.get(id);
    const whole = length - (length % 4);
    this.device.queue.writeBuffer(buffer, offset, source, from, whole);
    if (whole < length) {
      const last = new Uint8Array(4);
      last.set(new Uint8Array(source, from + whole, length - whole));
      this.device.queue.writeBuffer(buffer, offset + whole, last);
    }
    return this.#fence(length);
  }

  /** Counts uploaded bytes. Returns the oldest fence when `MAX_FENCES` are pending. */
  #fence(bytes: number): Promise<unknown> | undefined {
    this.#unfencedBytes += bytes;
    if (this.#unfencedBytes < FENCE_BYTES) return undefined;
    this.#unfencedBytes = 0;
    const fence = this.#errors.orLost(this.device.queue.onSubmittedWorkDone());
    fence.catch(() => {}); // it may never be awaited
    this.#fences.push(fence);
    return this.#fences.length < MAX_FENCES ? undefined : this.#fences.shift();
  }

  /**
   * Reads ranges back, as they are after everything queued so far: (buffer, offset, length) each, in whole words. The
   * result has them one after another. Several read-backs may be pending.
   */
  async readBack(...ranges: number[]): Promise<Uint8Array> {
    let length = 0;
    for (let i = 2; i < ranges.length; i += 3) length += ranges[i]!;
    const staging = this.#acquireStaging(length);
    const encoder = this.device.createCommandEncoder();
    for (let i = 0, offset = 0; i < ranges.length; i += 3) {
      encoder.copyBufferToBuffer(this.#buffers.get(ranges[i]!), ranges[i + 1]!, staging, offset, ranges[i + 2]!);
      offset += ranges[i + 2]!;
    }
    this.device.queue.submit([encoder.finish()]);
    const bytes = await this.#map(staging, length);
    this.#staging.push(staging);
    const error = this.takeError();
    if (error) throw await this.#errors.cause(error);
    return bytes;
  }

  /** Returns a copy of the first bytes of a staging buffer, once the queue has filled it. */
  async #map(staging: GPUBuffer, length: number): Promise<Uint8Array> {
    try {
      await this.#errors.answered(staging.mapAsync(GPUMapMode.READ, 0, length));
      const bytes = new Uint8Array(staging.getMappedRange(0, length).slice(0));
      staging.unmap();
      return bytes;
    } catch (reason) {
      staging.destroy();
      throw await this.#errors.cause(this.takeError() ?? new EngineError("internal", String(reason)));
    }
  }

  /** Returns a free staging buffer that is large enough, so that regular read-backs settle on a few. */
  #acquireStaging(length: number): GPUBuffer {
    const i = this.#staging.findIndex((buffer) => buffer.size >= length);
    if (i >= 0) return this.#staging.splice(i, 1)[0]!;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.device.createBuffer({ label: "read-back", size: Math.max(length, 256), usage });
  }

  /** Opens error scopes, which catch the errors of all calls until `popErrorScopes`. */
  pushErrorScopes(): void {
    this.device.pushErrorScope("validation");
    this.device.pushErrorScope("internal");
    this.device.pushErrorScope("out-of-memory");
  }

  /** Closes the error scopes; rejects with what they caught, or when the device is lost. */
  async popErrorScopes(): Promise<void> {
    const pops = [this.device.popErrorScope(), this.device.popErrorScope(), this.device.popErrorScope()];
    const popped = this.#errors.orLost(Promise.all(pops)); // the scopes of a lost device catch nothing
    const [memory, internal, invalid] = await popped.catch((reason) => this.#refuse(String(reason)));
    if (memory) throw new EngineError("out_of_memory", memory.message);
    const error = invalid ?? internal;
    if (error) await this.#refuse(error.message);
  }

  async #refuse(message: string): Promise<never> {
    throw await this.#errors.cause(new EngineError("internal", message));
  }

  /** Returns, once, an error that no call reported. A lost device is returned each time. */
  takeError(): EngineError | undefined {
    return this.#errors.take();
  }

  /** Returns why a call failed: the error that it has, or one that explains it. */
  cause(error: EngineError): Promise<EngineError> {
    return this.#errors.cause(error);
  }
}

/** The compiler's errors in a module, each with its line and column. */
async function compilerErrors(module: GPUShaderModule): Promise<string> {
  const { messages } = await module.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === "error");
  return errors.map(({ lineNum, linePos, message }) => `${lineNum}:${linePos} ${message}`).join("\n");
}

/** Objects of one kind by the numbers that Go assigns. The number of a removed object is used again. */
class NumberedObjects<T> {
  #items: (T | undefined)[] = [];

  set(id: number, item: T): void {
    this.#items[id] = item;
  }

  get(id: number): T {
    const item = this.#items[id];
    if (item === undefined) throw new EngineError("internal", `no object has number ${id}`);
    return item;
  }

  remove(id: number): T {
    const item = this.get(id);
    this.#items[id] = undefined;
    return item;
  }
}
