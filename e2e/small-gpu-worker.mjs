// The part of small-gpu.mjs that runs in the engine worker, before the worker's script. It counts the bytes of all
// buffers, and acts on globalThis.gpuLimits.
{
  const { limit = Number.POSITIVE_INFINITY, breaks = false, silent = false, loseIn, calls } = globalThis.gpuLimits;
  const { requestDevice } = GPUAdapter.prototype;
  const { createBuffer, pushErrorScope, popErrorScope } = GPUDevice.prototype;
  const { destroy } = GPUBuffer.prototype;
  const scopes = [];
  const sizes = new WeakMap();
  let device;
  let allocated;

  GPUAdapter.prototype.requestDevice = async function (...args) {
    allocated = 0;
    device = await requestDevice.apply(this, args);
    return device;
  };

  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    sizes.set(buffer, descriptor.size);
    allocated += descriptor.size;
    if (allocated > limit) exceed(this);
    return buffer;
  };

  GPUBuffer.prototype.destroy = function () {
    allocated -= sizes.get(this) ?? 0;
    sizes.delete(this);
    destroy.call(this);
  };

  GPUDevice.prototype.pushErrorScope = function (filter) {
    scopes.push({ filter, exceeded: false });
    pushErrorScope.call(this, filter);
  };

  GPUDevice.prototype.popErrorScope = async function () {
    const { exceeded } = scopes.pop();
    const error = await popErrorScope.call(this);
    return exceeded ? new GPUOutOfMemoryError("no more memory") : error;
  };

  const exceed = (device) => {
    if (breaks) return device.destroy();
    const scope = scopes.findLast(({ filter }) => filter === "out-of-memory");
    if (scope) scope.exceeded = true;
  };

  if (silent) GPU.prototype.requestAdapter = () => new Promise(() => {});

  if (loseIn) {
    const method = GPUDevice.prototype[loseIn];
    let left = calls;
    GPUDevice.prototype[loseIn] = function (...args) {
      const result = method.apply(this, args);
      if (--left === 0) this.destroy();
      return result;
    };
  }

  new BroadcastChannel("run out of memory").onmessage = () => {
    const error = new GPUOutOfMemoryError("no more memory");
    device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error, cancelable: true }));
  };
  new BroadcastChannel("lose the device").onmessage = () => device.destroy();
}
