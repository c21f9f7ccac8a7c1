// The GPU host owns the WebGPU device of the engine worker and everything made on it. Go plans: it says what to make
// and under which number to keep it, each kind by its own, and writes down what to run in these numbers. The host makes,
// replays, moves bytes and notices trouble. Its twin is internal/gpu/device_js.go.

import { EngineError } from '../errors.js';

declare global {
  /** How Go opens a device: installed by the worker that boots it. */
  var outriderGPU: (() => Promise<GPUHost>) | undefined;
}

/** Lets Go open devices of this implementation of WebGPU, `navigator.gpu` in a browser. */
export function installGPUHost(gpu: GPU | undefined): void {
  globalThis.outriderGPU = () => GPUHost.open(gpu);
}

/** The adapter's limits that Go makes use of, whatever they are. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

/** Of the bytes handed to the queue, so many may be on their way between two fences, with so many fences ahead. */
const FENCE_BYTES = 16 << 20;
const FENCES = 4;

/** The commands of a program; see internal/gpu/program.go. */
const OP_DISPATCH = 1;
const DISPATCH_WORDS = 7;

/** The layout of bind group 0, and of pipelines that have it alone. */
interface Layout {
  group: GPUBindGroupLayout;
  pipeline: GPUPipelineLayout;
}

export class GPUHost {
  #buffers = new Table<GPUBuffer>();
  #layouts = new Table<Layout>();
  #pipelines = new Table<GPUComputePipeline>();
  #groups = new Table<GPUBindGroup>();
  #programs = new Table<Uint32Array>();
  #staging: GPUBuffer[] = [];
  #unfenced = 0;
  #fences: Promise<unknown>[] = [];
  #trouble: EngineError | undefined;
  #closed = false;

  private constructor(readonly device: GPUDevice) {
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault(); // Go reports it
      this.#note(new EngineError('internal', event.error.message));
    });
    void device.lost.then(({ message }) => {
      if (!this.#closed) this.#note(new EngineError('device_lost', message));
    });
  }

  static async open(gpu: GPU | undefined): Promise<GPUHost> {
    if (!gpu) throw new EngineError('no_webgpu', 'navigator.gpu is not there');
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new EngineError('no_adapter', 'requestAdapter gave null');
    const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
    return new GPUHost(await adapter.requestDevice({ requiredLimits }));
  }

  /** Gives everything back; what happens to the device after that is no trouble. */
  close(): void {
    this.#closed = true;
    this.device.destroy();
  }

  createBuffer(id: number, label: string, size: number, usage: GPUBufferUsageFlags): void {
    this.#buffers.set(id, this.device.createBuffer({ label, size, usage }));
  }

  dropBuffer(id: number): void {
    this.#buffers.take(id).destroy();
  }

  /** Makes the layout of bindings of these types. A uniform is a page of which each dispatch names its part. */
  createLayout(id: number, ...types: GPUBufferBindingType[]): void {
    const entries = types.map((type, binding) => {
      const buffer = { type, hasDynamicOffset: type === 'uniform' };
      return { binding, visibility: GPUShaderStage.COMPUTE, buffer };
    });
    const group = this.device.createBindGroupLayout({ entries });
    this.#layouts.set(id, { group, pipeline: this.device.createPipelineLayout({ bindGroupLayouts: [group] }) });
  }

  /** Compiles a kernel beside what else is going on. Programs may run it once this resolves. */
  async createPipeline(id: number, label: string, layout: number, code: string): Promise<void> {
    this.device.pushErrorScope('validation'); // the module's messages say more
    const module = this.device.createShaderModule({ label, code });
    const refused = this.device.popErrorScope();
    const compute = { module, entryPoint: 'main' };
    try {
      const asked = { label, layout: this.#layouts.get(layout).pipeline, compute };
      this.#pipelines.set(id, await this.device.createComputePipelineAsync(asked));
    } catch (reason) {
      throw new EngineError('internal', (await objections(module)) || (reason as Error).message);
    } finally {
      await refused;
    }
  }

  /** Binds buffers in order: whole ones, then a page of which a dispatch sees so many bytes. */
  createGroup(id: number, layout: number, seen: number, ...buffers: number[]): void {
    const entries = buffers.map((number, binding) => ({ binding, resource: { buffer: this.#buffers.get(number) } }));
    Object.assign(entries.at(-1)!.resource, { size: seen });
    this.#groups.set(id, this.device.createBindGroup({ layout: this.#layouts.get(layout).group, entries }));
  }

  dropGroup(id: number): void {
    this.#groups.take(id);
  }

  /** Keeps a copy of a program's words, so that running it needs nothing of Go's memory. */
  addProgram(id: number, bytes: Uint8Array): void {
    this.#programs.set(id, new Uint32Array(bytes.slice().buffer));
  }

  dropProgram(id: number): void {
    this.#programs.take(id);
  }

  /** Queues a program, from one of its words on, as one pass and one submit. Returns whether there is trouble to take. */
  run(id: number, from: number): boolean {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.#replay(pass, this.#programs.get(id), from);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
    return this.#trouble !== undefined;
  }

  /** Plays the words of a program; the twin of replay in device_native.go. */
  #replay(pass: GPUComputePassEncoder, words: Uint32Array, from: number): void {
    let current = -1;
    for (let i = from; i < words.length; i += DISPATCH_WORDS) {
      if (words[i] !== OP_DISPATCH) throw new EngineError('internal', `no command ${words[i]}`);
      const pipeline = words[i + 1]!;
      if (pipeline !== current) pass.setPipeline(this.#pipelines.get(pipeline));
      current = pipeline;
      pass.setBindGroup(0, this.#groups.get(words[i + 2]!), words, i + 3, 1);
      pass.dispatchWorkgroups(words[i + 4]!, words[i + 5], words[i + 6]);
    }
  }

  /** Queues a copy of the first `length` bytes of `data`, whole words at a whole word. */
  write(buffer: number, at: number, data: Uint8Array<ArrayBuffer>, length: number): void {
    this.device.queue.writeBuffer(this.#buffers.get(buffer), at, data, 0, length);
  }

  /**
   * Queues bytes `from` to `from + length` of a source, the last word filled up with zeros. The result, if there is
   * one, is to be awaited before the next piece: then enough bytes are on their way.
   */
  put(id: number, at: number, source: ArrayBuffer, from: number, length: number): Promise<unknown> | undefined {
    const buffer = this.#buffers.get(id);
    const whole = length - (length % 4);
    this.device.queue.writeBuffer(buffer, at, source, from, whole);
    if (whole < length) {
      const last = new Uint8Array(4);
      last.set(new Uint8Array(source, from + whole, length - whole));
      this.device.queue.writeBuffer(buffer, at + whole, last);
    }
    return this.#fence(length);
  }

  /** Counts bytes handed to the queue. */
  #fence(bytes: number): Promise<unknown> | undefined {
    this.#unfenced += bytes;
    if (this.#unfenced < FENCE_BYTES) return undefined;
    this.#unfenced = 0;
    this.#fences.push(this.device.queue.onSubmittedWorkDone());
    return this.#fences.length < FENCES ? undefined : this.#fences.shift();
  }

  /**
   * Reads whole words back, as they are after everything queued so far: parts (buffer, offset, length), one after
   * another. Several read-backs may be under way.
   */
  async fetch(...parts: number[]): Promise<Uint8Array> {
    let length = 0;
    for (let i = 2; i < parts.length; i += 3) length += parts[i]!;
    const staging = this.#takeStaging(length);
    const encoder = this.device.createCommandEncoder();
    for (let i = 0, at = 0; i < parts.length; i += 3) {
      encoder.copyBufferToBuffer(this.#buffers.get(parts[i]!), parts[i + 1]!, staging, at, parts[i + 2]!);
      at += parts[i + 2]!;
    }
    this.device.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, length);
    } catch (reason) {
      staging.destroy();
      throw this.takeTrouble() ?? new EngineError('device_lost', String(reason));
    }
    const bytes = new Uint8Array(staging.getMappedRange(0, length).slice(0));
    staging.unmap();
    this.#staging.push(staging);
    const trouble = this.takeTrouble();
    if (trouble) throw trouble;
    return bytes;
  }

  /** A free staging buffer that is large enough, so that a steady stream of read-backs settles on a few. */
  #takeStaging(length: number): GPUBuffer {
    const i = this.#staging.findIndex((buffer) => buffer.size >= length);
    if (i >= 0) return this.#staging.splice(i, 1)[0]!;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.device.createBuffer({ label: 'read-back', size: Math.max(length, 256), usage });
  }

  /** Opens error scopes; what goes wrong until popScopes belongs to it. */
  pushScopes(): void {
    this.device.pushErrorScope('validation');
    this.device.pushErrorScope('internal');
    this.device.pushErrorScope('out-of-memory');
  }

  /** Closes the scopes; rejects with what went wrong in them. */
  async popScopes(): Promise<void> {
    const pops = [this.device.popErrorScope(), this.device.popErrorScope(), this.device.popErrorScope()];
    const [memory, internal, invalid] = await Promise.all(pops);
    if (memory) throw new EngineError('out_of_memory', memory.message);
    const error = invalid ?? internal;
    if (error) throw new EngineError('internal', error.message);
    if (this.#trouble?.code === 'device_lost') throw this.#trouble; // a lost device objects to nothing
  }

  #note(trouble: EngineError): void {
    this.#trouble ??= trouble;
  }

  /** Trouble that came unasked. A lost device stays lost. */
  takeTrouble(): EngineError | undefined {
    const trouble = this.#trouble;
    if (trouble?.code !== 'device_lost') this.#trouble = undefined;
    return trouble;
  }
}

/** What the compiler has against a module, with the places in its text. */
async function objections(module: GPUShaderModule): Promise<string> {
  const { messages } = await module.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === 'error');
  return errors.map(({ lineNum, linePos, message }) => `${lineNum}:${linePos} ${message}`).join('\n');
}

/** Things of one kind by the numbers that Go gives them; it uses the numbers of dropped ones again. */
class Table<T> {
  #items: (T | undefined)[] = [];

  set(id: number, item: T): void {
    this.#items[id] = item;
  }

  get(id: number): T {
    const item = this.#items[id];
    if (item === undefined) throw new EngineError('internal', `nothing has number ${id}`);
    return item;
  }

  take(id: number): T {
    const item = this.get(id);
    this.#items[id] = undefined;
    return item;
  }
}
