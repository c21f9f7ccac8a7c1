// The GPU host against a scripted device. What a real one does is shown by `make test-wasm` and in the browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installGPUHost } from "../../dist/modules/worker/gpu-host.js";

globalThis.GPUMapMode = { READ: 1 };
globalThis.GPUBufferUsage = { MAP_READ: 1, COPY_DST: 8 };

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
  const finished = [];
  let lose;
  const device = Object.assign(new EventTarget(), {
    lost: new Promise((resolve) => (lose = resolve)),
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

test("a program is replayed from a copy, in one pass and one submit, a pipeline set once while it stays", async () => {
  const { host, calls } = await open();
  const [a, b] = [host.addPipeline({}, "a"), host.addPipeline({}, "b")];
  const group = host.addGroup("group");
  const words = new Uint32Array([1, a, group, 256, 3, 1, 1, 1, a, group, 512, 4, 5, 6, 1, b, group, 0, 1, 1, 1]);
  const program = host.addProgram(new Uint8Array(words.buffer));
  words.fill(0);
  calls.length = 0;
  assert.equal(host.run(program), false);
  assert.deepEqual(calls, [
    ["setPipeline", { label: "a" }],
    ["setBindGroup", 0, "group", 256],
    ["dispatch", 3, 1, 1],
    ["setBindGroup", 0, "group", 512],
    ["dispatch", 4, 5, 6],
    ["setPipeline", { label: "b" }],
    ["setBindGroup", 0, "group", 0],
    ["dispatch", 1, 1, 1],
    ["end"],
    ["submit", ["commands"]],
  ]);
});

test("a program that names what was dropped, or no command, is refused", async () => {
  const { host } = await open();
  const group = host.addGroup("group");
  const program = host.addProgram(new Uint8Array(new Uint32Array([1, host.addPipeline({}, ""), group, 0, 1, 1, 1]).buffer));
  host.dropGroup(group);
  assert.throws(() => host.run(program), { code: "internal" });
  assert.throws(() => host.run(host.addProgram(new Uint8Array(28).fill(9))), { code: "internal" });
});

test("pieces wait once four fences of 16 MiB are ahead", async () => {
  const { host, finished } = await open();
  const piece = new ArrayBuffer(16 << 20);
  const put = () => host.put("buffer", 0, piece, 0, piece.byteLength);
  assert.deepEqual([put(), put(), put()], [undefined, undefined, undefined]);
  let room = false;
  const waiting = put().then(() => (room = true));
  await new Promise(setImmediate);
  assert.equal(room, false);
  finished[0]();
  await waiting;
  assert.equal(host.put("buffer", 0, piece, 0, 1024), undefined, "a small piece is not fenced");
});

test("a piece that ends within a word is filled up with zeros", async () => {
  const { host, calls } = await open();
  calls.length = 0;
  const source = new Uint8Array([9, 1, 2, 3, 4, 5, 6]).buffer;
  host.put("buffer", 8, source, 1, 6);
  assert.deepEqual(calls, [
    ["writeBuffer", "buffer", 8, source, 1, 4],
    ["writeBuffer", "buffer", 12, new Uint8Array([5, 6, 0, 0])],
  ]);
});

test("unasked trouble is told once, a lost device for good, a closed one never", async () => {
  const { host, device, lose } = await open();
  const error = Object.assign(new Event("uncapturederror"), { error: { message: "no such buffer" } });
  device.dispatchEvent(error);
  const program = host.addProgram(new Uint8Array(0));
  assert.equal(host.run(program), true);
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
