// What the GPU host returns when its device is lost or out of memory, with a fake device. The calls that fail because
// of it say something else, or nothing at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installGPUHost } from "../../dist/modules/worker/gpu-host.js";

globalThis.GPUMapMode = { READ: 1 };
globalThis.GPUBufferUsage = { MAP_READ: 1, COPY_DST: 8 };
globalThis.GPUShaderStage = { COMPUTE: 4 };

const never = () => new Promise(() => {});
const refuses = async () => Promise.reject(new Error("Instance dropped in popErrorScope"));

/** Opens a host on a device whose asynchronous methods are all `answer`. */
async function open(answer) {
  let lose;
  const device = Object.assign(new EventTarget(), {
    lost: new Promise((resolve) => (lose = resolve)),
    createBuffer: () => ({ size: 256, mapAsync: answer, destroy() {} }),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({ getCompilationInfo: answer }),
    createComputePipelineAsync: answer,
    pushErrorScope() {},
    popErrorScope: answer,
    createCommandEncoder: () => ({ copyBufferToBuffer() {}, finish() {} }),
    queue: { submit() {}, writeBuffer() {}, onSubmittedWorkDone: answer },
  });
  installGPUHost({ requestAdapter: async () => ({ limits: {}, requestDevice: async () => device }) });
  const host = await globalThis.outriderGPU();
  host.createLayout(0, "storage");
  host.createBuffer(0, "", 256, 0);
  return { host, device, lose: () => lose({ message: "gone" }) };
}

const calls = {
  "a kernel": (host) => host.createPipeline(0, "a", 0, "code"),
  "error scopes": (host) => host.popErrorScopes(),
  "a read-back": (host) => host.readBack(0, 0, 4),
  "an upload": (host) => {
    const upload = () => host.upload(0, 0, new ArrayBuffer(16 << 20), 0, 16 << 20);
    return upload() ?? upload() ?? upload() ?? upload();
  },
};

for (const [name, call] of Object.entries(calls)) {
  test(`${name} that is never answered ends when the device is lost`, async () => {
    const { host, lose } = await open(never);
    const result = call(host);
    setTimeout(lose, 20);
    await assert.rejects(result, { code: "device_lost" });
    await assert.rejects(call(host), { code: "device_lost" }, "the next call");
  });
}

test("a read-back that is never answered ends after 5 minutes as if the device were lost", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { host } = await open(never);
  const result = calls["a read-back"](host);
  let ended = false;
  result.catch(() => {}).finally(() => (ended = true));
  t.mock.timers.tick(299_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!ended);
  t.mock.timers.tick(1000);
  await assert.rejects(result, { code: "device_lost", message: /has not answered for 5 minutes/ });
  await assert.rejects(calls["a kernel"](host), { code: "device_lost" }, "the next call");
});

for (const name of ["a kernel", "error scopes", "a read-back"]) {
  test(`${name} that is refused shortly before the loss of the device is known has the code device_lost`, async () => {
    const { host, lose } = await open(refuses);
    const result = calls[name](host);
    setTimeout(lose, 20);
    await assert.rejects(result, { code: "device_lost" });
  });

  test(`${name} that is refused for another reason has the code internal`, async () => {
    const { host } = await open(refuses);
    await assert.rejects(calls[name](host), { code: "internal" });
  });
}

class GPUOutOfMemoryError {
  message = "no more memory";
}

test("memory that runs out outside all scopes has the code out_of_memory", async () => {
  const { host, device } = await open(refuses);
  const event = () => Object.assign(new Event("uncapturederror"), { error: new GPUOutOfMemoryError() });
  const result = host.readBack(0, 0, 4);
  setTimeout(() => device.dispatchEvent(event()), 20);
  await assert.rejects(result, { code: "out_of_memory" });
  device.dispatchEvent(event());
  assert.equal(host.takeError().code, "out_of_memory");
});

test("an error that is reported before the loss of the device is replaced by the loss", async () => {
  const { host, device, lose } = await open(never);
  device.dispatchEvent(Object.assign(new Event("uncapturederror"), { error: { message: "invalid buffer" } }));
  const error = host.takeError();
  assert.equal(error.code, "internal");
  setTimeout(lose, 20);
  assert.equal((await host.cause(error)).code, "device_lost");
});

for (const [what, gpu] of [
  ["an adapter", { requestAdapter: never }],
  ["a device", { requestAdapter: async () => ({ limits: {}, requestDevice: never }) }],
]) {
  test(`a request for ${what} that is never answered is named after 10 s`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    installGPUHost(gpu);
    const opened = globalThis.outriderGPU();
    for (let i = 0; i < 5; i++) await Promise.resolve();
    t.mock.timers.tick(10_000);
    await assert.rejects(opened, { code: "no_adapter", message: /not answered/ });
  });
}

test("an adapter that refuses a device has lost its GPU", async () => {
  installGPUHost({ requestAdapter: async () => ({ limits: {}, requestDevice: refuses }) });
  await assert.rejects(globalThis.outriderGPU(), { code: "device_lost" });
});
