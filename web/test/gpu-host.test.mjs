// The GPU host with a fake device. `make test-wasm` and the tests in Chromium run it with real ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installGPUHost } from "../../dist/modules/worker/gpu-host.js";

globalThis.GPUMapMode = { READ: 1 };
globalThis.GPUBufferUsage = { MAP_READ: 1, COPY_DST: 8 };
globalThis.GPUShaderStage = { COMPUTE: 4 };

/** The messages of the fake compiler for code that is not "good". */
const messages = [
  { type: "warning", lineNum: 1, linePos: 1, message: "careful" },
  { type: "error", lineNum: 2, linePos: 7, message: "no such name" },
];

/** A device that records the calls that it receives. */
function fakeDevice() {
  const calls = [];
  const record =
    (name) =>
    (...args) =>
      void calls.push([name, ...args]);
  const pass = {
    setPipeline: record("setPipeline"),
    setBindGroup: (index, group, words, at, n) => {
      calls.push(["setBindGroup", index, group, ...words.slice(at, at + n)]);
    },
    dispatchWorkgroups: record("dispatch"),
    end: record("end"),
  };
  const create = (name) => (descriptor) => {
    calls.push([name, descriptor]);
    return { kind: name, label: descriptor.label, destroy: record("destroy") };
  };
  const finished = [];
  let lose;
  const device = Object.assign(new EventTarget(), {
    lost: new Promise((resolve) => (lose = resolve)),
    createBuffer: create("buffer"),
    createBindGroupLayout: create("groupLayout"),
    createPipelineLayout: create("pipelineLayout"),
    createBindGroup: create("group"),
    createShaderModule: ({ code }) => ({
      code,
      getCompilationInfo: async () => ({ messages: code === "good" ? [] : messages }),
    }),
    createComputePipelineAsync: async (descriptor) => {
      if (descriptor.compute.module.code !== "good") throw new Error("the module is invalid");
      return create("pipeline")(descriptor);
    },
    pushErrorScope: record("push"),
    popErrorScope: async () => {
      calls.push(["pop"]);
      return null;
    },
    createCommandEncoder: () => ({ beginComputePass: () => pass, finish: () => "commands" }),
    queue: {
      submit: record("submit"),
      writeBuffer: record("writeBuffer"),
      onSubmittedWorkDone: () => new Promise((resolve) => finished.push(resolve)),
    },
  });
  const limits = { maxBufferSize: 1 << 30, maxStorageBufferBindingSize: 1 << 29, maxTextureDimension1D: 8192 };
  const adapter = {
    limits,
    requestDevice: async (descriptor) => {
      calls.push(["requestDevice", descriptor]);
      return device;
    },
  };
  return { calls, finished, device, lose, gpu: { requestAdapter: async () => adapter } };
}

async function open() {
  const fake = fakeDevice();
  installGPUHost(fake.gpu);
  return { ...fake, host: await globalThis.outriderGPU() };
}

/** Opens a host and creates buffers 0 and 1, layout 0, their bind group 0, and pipelines 0 and 1, "a" and "b". */
async function openWithObjects() {
  const fake = await open();
  const { host, calls } = fake;
  for (const id of [0, 1]) host.createBuffer(id, `buffer ${id}`, 64, 128);
  host.createLayout(0, "storage", "uniform");
  host.createBindGroup(0, 0, 128, 0, 1);
  await host.createPipeline(0, "a", 0, "good");
  await host.createPipeline(1, "b", 0, "good");
  const created = calls.splice(0).slice(1);
  return { ...fake, created };
}

const program = (host, id, ...words) => host.addProgram(id, new Uint8Array(new Uint32Array(words).buffer));

test("a browser without WebGPU and one without an adapter have different errors", async () => {
  installGPUHost(undefined);
  await assert.rejects(globalThis.outriderGPU(), { code: "no_webgpu" });
  installGPUHost({ requestAdapter: async () => null });
  await assert.rejects(globalThis.outriderGPU(), { code: "no_adapter" });
});

test("the device is requested with the adapter's own limits", async () => {
  const { calls } = await open();
  const { requiredLimits } = calls[0][1];
  assert.equal(requiredLimits.maxBufferSize, 1 << 30);
  assert.equal(requiredLimits.maxStorageBufferBindingSize, 1 << 29);
  assert.ok(!("maxTextureDimension1D" in requiredLimits));
});

test("objects are created and kept under their numbers", async () => {
  const { created } = await openWithObjects();
  const [first, second, groupLayout, pipelineLayout, group] = created;
  assert.deepEqual(first, ["buffer", { label: "buffer 0", size: 64, usage: 128 }]);
  assert.deepEqual(groupLayout[1].entries, [
    { binding: 0, visibility: 4, buffer: { type: "storage", hasDynamicOffset: false } },
    { binding: 1, visibility: 4, buffer: { type: "uniform", hasDynamicOffset: true } },
  ]);
  assert.equal(pipelineLayout[1].bindGroupLayouts[0].kind, "groupLayout");
  const [whole, params] = group[1].entries;
  assert.deepEqual([whole.binding, whole.resource.buffer.label, whole.resource.size], [0, "buffer 0", undefined]);
  assert.deepEqual([params.binding, params.resource.buffer.label, params.resource.size], [1, second[1].label, 128]);
  const pipeline = created.find(([name]) => name === "pipeline")[1];
  const { label, layout, compute } = pipeline;
  assert.deepEqual([label, layout.kind, compute.entryPoint], ["a", "pipelineLayout", "main"]);
});

test("the error of a kernel that does not compile has its line, and a scope of its own", async () => {
  const { host, calls } = await openWithObjects();
  const create = () => host.createPipeline(2, "broken", 0, "bad");
  await assert.rejects(create(), { code: "internal", message: "2:7 no such name" });
  assert.deepEqual(calls, [["push", "validation"], ["pop"]]);
  messages.length = 0;
  await assert.rejects(create(), { code: "internal", message: "the module is invalid" });
  program(host, 0, 1, 2, 0, 0, 1, 1, 1);
  assert.throws(() => host.run(0, 0), { code: "internal" }, "no pipeline is kept");
});

test("a program is replayed from a copy, in one pass and one submit, and sets no pipeline twice in a row", async () => {
  const { host, calls } = await openWithObjects();
  const words = new Uint32Array([1, 0, 0, 256, 3, 1, 1, 1, 0, 0, 512, 4, 5, 6, 1, 1, 0, 0, 1, 1, 1]);
  host.addProgram(0, new Uint8Array(words.buffer));
  words.fill(0);
  assert.equal(host.run(0, 0), false);
  const labels = calls.map(([name, ...args]) => [name, ...args.map((arg) => arg.label ?? arg.kind ?? arg)]);
  assert.deepEqual(labels, [
    ["setPipeline", "a"],
    ["setBindGroup", 0, "group", 256],
    ["dispatch", 3, 1, 1],
    ["setBindGroup", 0, "group", 512],
    ["dispatch", 4, 5, 6],
    ["setPipeline", "b"],
    ["setBindGroup", 0, "group", 0],
    ["dispatch", 1, 1, 1],
    ["end"],
    ["submit", ["commands"]],
  ]);
  calls.length = 0;
  host.run(0, 14);
  const names = calls.map(([name]) => name);
  assert.deepEqual(names, ["setPipeline", "setBindGroup", "dispatch", "end", "submit"], "the last dispatch alone");
});

test("a program with a released object or an unknown command is refused, and so is a released program", async () => {
  const { host } = await openWithObjects();
  program(host, 0, 1, 0, 0, 0, 1, 1, 1);
  program(host, 1, 9, 0, 0, 0, 0, 0, 0);
  host.run(0, 0);
  host.releaseBindGroup(0);
  assert.throws(() => host.run(0, 0), { code: "internal" });
  assert.throws(() => host.run(1, 0), { code: "internal" });
  host.releaseProgram(0);
  assert.throws(() => host.run(0, 0), { code: "internal" });
});

test("a destroyed buffer leaves its number free", async () => {
  const { host, calls } = await openWithObjects();
  host.destroyBuffer(0);
  assert.deepEqual(calls.splice(0), [["destroy"]]);
  assert.throws(() => host.write(0, 0, new Uint8Array(4), 4), { code: "internal" });
  host.createBuffer(0, "next", 64, 128);
  host.write(0, 8, new Uint8Array(4), 4);
  assert.equal(calls.at(-1)[1].label, "next");
});

test("uploads wait once four fences of 16 MiB are pending", async () => {
  const { host, finished } = await openWithObjects();
  const source = new ArrayBuffer(16 << 20);
  const upload = () => host.upload(0, 0, source, 0, source.byteLength);
  assert.deepEqual([upload(), upload(), upload()], [undefined, undefined, undefined]);
  let resolved = false;
  const waiting = upload().then(() => (resolved = true));
  await new Promise(setImmediate);
  assert.equal(resolved, false);
  finished[0]();
  await waiting;
  assert.equal(host.upload(0, 0, source, 0, 1024), undefined, "a small upload has no fence");
});

test("an upload that ends within a word is filled up with zeros", async () => {
  const { host, calls } = await openWithObjects();
  const source = new Uint8Array([9, 1, 2, 3, 4, 5, 6]).buffer;
  host.upload(1, 8, source, 1, 6);
  const writes = calls.map(([name, buffer, ...rest]) => [name, buffer.label, ...rest]);
  assert.deepEqual(writes, [
    ["writeBuffer", "buffer 1", 8, source, 1, 4],
    ["writeBuffer", "buffer 1", 12, new Uint8Array([5, 6, 0, 0])],
  ]);
});

test("an uncaptured error is returned once, that of a lost device always, that of a closed one never", async () => {
  const { host, device, lose } = await open();
  const error = Object.assign(new Event("uncapturederror"), { error: { message: "no such buffer" } });
  device.dispatchEvent(error);
  program(host, 0);
  assert.equal(host.run(0, 0), true);
  assert.equal(host.takeError().message, "no such buffer");
  assert.equal(host.takeError(), undefined);

  lose({ message: "gone" });
  await new Promise(setImmediate);
  for (let i = 0; i < 2; i++) assert.equal(host.takeError().code, "device_lost");

  const closed = await open();
  closed.device.destroy = () => closed.lose({ message: "destroyed" });
  closed.host.close();
  await new Promise(setImmediate);
  assert.equal(closed.host.takeError(), undefined);
});
