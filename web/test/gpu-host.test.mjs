// The GPU host against a scripted device. What a real one does is shown by `make test-wasm` and in the browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installGPUHost } from "../../dist/modules/worker/gpu-host.js";

globalThis.GPUMapMode = { READ: 1 };
globalThis.GPUBufferUsage = { MAP_READ: 1, COPY_DST: 8 };
globalThis.GPUShaderStage = { COMPUTE: 4 };

/** What the scripted compiler says to a text that is not "good". */
const complaints = [
  { type: "warning", lineNum: 1, linePos: 1, message: "careful" },
  { type: "error", lineNum: 2, linePos: 7, message: "no such name" },
];

/** A device that writes down what it is told. */
function scripted() {
  const calls = [];
  const note = (name) => (...args) => void calls.push([name, ...args]);
  const pass = {
    setPipeline: note("setPipeline"),
    setBindGroup: (index, group, words, at, n) => calls.push(["setBindGroup", index, group, ...words.slice(at, at + n)]),
    dispatchWorkgroups: note("dispatch"),
    end: note("end"),
  };
  const made = (name) => (asked) => (calls.push([name, asked]), { made: name, label: asked.label, destroy: note("destroy") });
  const finished = [];
  let lose;
  const device = Object.assign(new EventTarget(), {
    lost: new Promise((resolve) => (lose = resolve)),
    createBuffer: made("buffer"),
    createBindGroupLayout: made("groupLayout"),
    createPipelineLayout: made("pipelineLayout"),
    createBindGroup: made("group"),
    createShaderModule: ({ code }) => ({ code, getCompilationInfo: async () => ({ messages: code === "good" ? [] : complaints }) }),
    createComputePipelineAsync: async (asked) => {
      if (asked.compute.module.code !== "good") throw new Error("the module is invalid");
      return made("pipeline")(asked);
    },
    pushErrorScope: note("push"),
    popErrorScope: async () => (calls.push(["pop"]), null),
    createCommandEncoder: () => ({ beginComputePass: () => pass, finish: () => "commands" }),
    queue: {
      submit: note("submit"),
      writeBuffer: note("writeBuffer"),
      onSubmittedWorkDone: () => new Promise((resolve) => finished.push(resolve)),
    },
  });
  const limits = { maxBufferSize: 1 << 30, maxStorageBufferBindingSize: 1 << 29, maxTextureDimension1D: 8192 };
  const adapter = { limits, requestDevice: async (asked) => (calls.push(["requestDevice", asked]), device) };
  return { calls, finished, device, lose, gpu: { requestAdapter: async () => adapter } };
}

async function open() {
  const script = scripted();
  installGPUHost(script.gpu);
  return { ...script, host: await globalThis.outriderGPU() };
}

/** A host with buffers 0 and 1, layout 0, group 0 of them, and pipelines 0 and 1 called a and b; its calls forgotten. */
async function furnished() {
  const script = await open();
  const { host, calls } = script;
  for (const id of [0, 1]) host.createBuffer(id, `buffer ${id}`, 64, 128);
  host.createLayout(0, "storage", "uniform");
  host.createGroup(0, 0, 128, 0, 1);
  await host.createPipeline(0, "a", 0, "good");
  await host.createPipeline(1, "b", 0, "good");
  const created = calls.splice(0).slice(1);
  return { ...script, created };
}

const program = (host, id, ...words) => host.addProgram(id, new Uint8Array(new Uint32Array(words).buffer));

test("a browser without WebGPU, and one without an adapter, are told apart", async () => {
  installGPUHost(undefined);
  await assert.rejects(globalThis.outriderGPU(), { code: "no_webgpu" });
  installGPUHost({ requestAdapter: async () => null });
  await assert.rejects(globalThis.outriderGPU(), { code: "no_adapter" });
});

test("the device is asked for with the adapter's own limits", async () => {
  const { calls } = await open();
  const { requiredLimits } = calls[0][1];
  assert.equal(requiredLimits.maxBufferSize, 1 << 30);
  assert.equal(requiredLimits.maxStorageBufferBindingSize, 1 << 29);
  assert.ok(!("maxTextureDimension1D" in requiredLimits));
});

test("what Go asks for is made and kept under its number", async () => {
  const { created } = await furnished();
  const [first, second, groupLayout, pipelineLayout, group] = created;
  assert.deepEqual(first, ["buffer", { label: "buffer 0", size: 64, usage: 128 }]);
  assert.deepEqual(groupLayout[1].entries, [
    { binding: 0, visibility: 4, buffer: { type: "storage", hasDynamicOffset: false } },
    { binding: 1, visibility: 4, buffer: { type: "uniform", hasDynamicOffset: true } },
  ]);
  assert.equal(pipelineLayout[1].bindGroupLayouts[0].made, "groupLayout");
  const [whole, page] = group[1].entries;
  assert.deepEqual([whole.binding, whole.resource.buffer.label, whole.resource.size], [0, "buffer 0", undefined]);
  assert.deepEqual([page.binding, page.resource.buffer.label, page.resource.size], [1, second[1].label, 128]);
  const pipeline = created.find(([name]) => name === "pipeline")[1];
  assert.deepEqual([pipeline.label, pipeline.layout.made, pipeline.compute.entryPoint], ["a", "pipelineLayout", "main"]);
});

test("a kernel that does not compile says where, in a scope of its own", async () => {
  const { host, calls } = await furnished();
  await assert.rejects(host.createPipeline(2, "broken", 0, "bad"), { code: "internal", message: "2:7 no such name" });
  assert.deepEqual(calls, [["push", "validation"], ["pop"]]);
  complaints.length = 0;
  await assert.rejects(host.createPipeline(2, "broken", 0, "bad"), { code: "internal", message: "the module is invalid" });
  program(host, 0, 1, 2, 0, 0, 1, 1, 1);
  assert.throws(() => host.run(0, 0), { code: "internal" }, "nothing is kept of it");
});

test("a program is replayed from a copy, in one pass and one submit, a pipeline set once while it stays", async () => {
  const { host, calls } = await furnished();
  const words = new Uint32Array([1, 0, 0, 256, 3, 1, 1, 1, 0, 0, 512, 4, 5, 6, 1, 1, 0, 0, 1, 1, 1]);
  host.addProgram(0, new Uint8Array(words.buffer));
  words.fill(0);
  assert.equal(host.run(0, 0), false);
  const said = calls.map(([name, ...args]) => [name, ...args.map((arg) => arg.label ?? arg.made ?? arg)]);
  assert.deepEqual(said, [
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
  assert.deepEqual(calls.map(([name]) => name), ["setPipeline", "setBindGroup", "dispatch", "end", "submit"], "the last dispatch alone");
});

test("a program that names what was dropped, or no command, is refused, and so is a dropped program", async () => {
  const { host } = await furnished();
  program(host, 0, 1, 0, 0, 0, 1, 1, 1);
  program(host, 1, 9, 0, 0, 0, 0, 0, 0);
  host.run(0, 0);
  host.dropGroup(0);
  assert.throws(() => host.run(0, 0), { code: "internal" });
  assert.throws(() => host.run(1, 0), { code: "internal" });
  host.dropProgram(0);
  assert.throws(() => host.run(0, 0), { code: "internal" });
});

test("a dropped buffer is destroyed and its number free", async () => {
  const { host, calls } = await furnished();
  host.dropBuffer(0);
  assert.deepEqual(calls.splice(0), [["destroy"]]);
  assert.throws(() => host.write(0, 0, new Uint8Array(4), 4), { code: "internal" });
  host.createBuffer(0, "next", 64, 128);
  host.write(0, 8, new Uint8Array(4), 4);
  assert.equal(calls.at(-1)[1].label, "next");
});

test("pieces wait once four fences of 16 MiB are ahead", async () => {
  const { host, finished } = await furnished();
  const piece = new ArrayBuffer(16 << 20);
  const put = () => host.put(0, 0, piece, 0, piece.byteLength);
  assert.deepEqual([put(), put(), put()], [undefined, undefined, undefined]);
  let room = false;
  const waiting = put().then(() => (room = true));
  await new Promise(setImmediate);
  assert.equal(room, false);
  finished[0]();
  await waiting;
  assert.equal(host.put(0, 0, piece, 0, 1024), undefined, "a small piece is not fenced");
});

test("a piece that ends within a word is filled up with zeros", async () => {
  const { host, calls } = await furnished();
  const source = new Uint8Array([9, 1, 2, 3, 4, 5, 6]).buffer;
  host.put(1, 8, source, 1, 6);
  assert.deepEqual(calls.map(([name, buffer, ...rest]) => [name, buffer.label, ...rest]), [
    ["writeBuffer", "buffer 1", 8, source, 1, 4],
    ["writeBuffer", "buffer 1", 12, new Uint8Array([5, 6, 0, 0])],
  ]);
});

test("unasked trouble is told once, a lost device for good, a closed one never", async () => {
  const { host, device, lose } = await open();
  const error = Object.assign(new Event("uncapturederror"), { error: { message: "no such buffer" } });
  device.dispatchEvent(error);
  program(host, 0);
  assert.equal(host.run(0, 0), true);
  assert.equal(host.takeTrouble().message, "no such buffer");
  assert.equal(host.takeTrouble(), undefined);

  lose({ message: "gone" });
  await new Promise(setImmediate);
  for (let i = 0; i < 2; i++) assert.equal(host.takeTrouble().code, "device_lost");

  const closed = await open();
  closed.device.destroy = () => closed.lose({ message: "destroyed" });
  closed.host.close();
  await new Promise(setImmediate);
  assert.equal(closed.host.takeTrouble(), undefined);
});
