// A GPU with little memory, in place of the one that is there: what the engine does when memory is refused, or when taking it
// loses the device, cannot wait for a machine that is short of it.

/**
 * Gives pages of the context such a GPU: beyond `limit` bytes of buffers it refuses more, or `breaks`. A message on the
 * BroadcastChannel "lose the device" loses it at once. Give the context no service worker, which would answer first.
 */
export const haveSmallGPU = (context, limits) =>
  context.route("**/assets/engine-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${shrink})(${JSON.stringify(limits)});\n${await response.text()}` });
  });

/** Runs in the engine worker, before its script. */
function shrink({ limit = Infinity, breaks = false }) {
  let device, held;
  const scopes = [];
  const sizes = new WeakMap();
  const around = (type, name, make) => (type.prototype[name] = make(type.prototype[name]));

  around(GPUAdapter, "requestDevice", (requestDevice) => async function (...args) {
    held = 0;
    return (device = await requestDevice.apply(this, args));
  });
  around(GPUDevice, "createBuffer", (createBuffer) => function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    sizes.set(buffer, descriptor.size);
    held += descriptor.size;
    if (held > limit) exceed(this);
    return buffer;
  });
  around(GPUBuffer, "destroy", (destroy) => function () {
    held -= sizes.get(this) ?? 0;
    sizes.delete(this);
    destroy.call(this);
  });
  around(GPUDevice, "pushErrorScope", (push) => function (filter) {
    scopes.push({ filter, exceeded: false });
    push.call(this, filter);
  });
  around(GPUDevice, "popErrorScope", (pop) => async function () {
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
