// Simulates a GPU with little memory, to test what the engine does when an allocation is refused or loses the device.

/**
 * Limits the GPU of all pages of a context: beyond `limit` bytes of buffers it refuses to allocate or, with `breaks`, is
 * lost. A message on the BroadcastChannel "lose the device" loses it at once. The context must block service workers,
 * which would answer the request for the script.
 */
export const limitGPU = (context, limits) =>
  context.route("**/assets/engine-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${patchWebGPU})(${JSON.stringify(limits)});\n${await response.text()}` });
  });

/** Runs in the engine worker before its script. */
function patchWebGPU({ limit = Infinity, breaks = false }) {
  let device, allocated;
  const scopes = [];
  const sizes = new WeakMap();
  const wrap = (type, name, make) => (type.prototype[name] = make(type.prototype[name]));

  wrap(GPUAdapter, "requestDevice", (requestDevice) => async function (...args) {
    allocated = 0;
    return (device = await requestDevice.apply(this, args));
  });
  wrap(GPUDevice, "createBuffer", (createBuffer) => function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    sizes.set(buffer, descriptor.size);
    allocated += descriptor.size;
    if (allocated > limit) exceed(this);
    return buffer;
  });
  wrap(GPUBuffer, "destroy", (destroy) => function () {
    allocated -= sizes.get(this) ?? 0;
    sizes.delete(this);
    destroy.call(this);
  });
  wrap(GPUDevice, "pushErrorScope", (push) => function (filter) {
    scopes.push({ filter, exceeded: false });
    push.call(this, filter);
  });
  wrap(GPUDevice, "popErrorScope", (pop) => async function () {
    const { exceeded } = scopes.pop();
    return exceeded ? (await pop.call(this), new GPUOutOfMemoryError("no more memory")) : pop.call(this);
  });
  new BroadcastChannel("lose the device").onmessage = () => device.destroy();

  function exceed(device) {
    if (breaks) return device.destroy();
    const scope = scopes.findLast(({ filter }) => filter === "out-of-memory");
    if (scope) scope.exceeded = true;
  }
}
