// Simulates a GPU with little memory, to test what the engine does when an allocation is refused or loses the device.

import { readFileSync } from "node:fs";

const patch = readFileSync(new URL("small-gpu-worker.mjs", import.meta.url), "utf8");

/**
 * Limits the GPU of all pages of a context: beyond `limit` bytes of buffers it refuses to allocate or, with `breaks`,
 * is lost. With `loseIn`, the name of a device's method, it is lost once, in the call with the number `calls`. With
 * `silent` it never answers. A message on the BroadcastChannel "lose the device" loses it at once, one on "run out of
 * memory" lets it report that an earlier call found no memory. The context must block service workers, which would
 * answer the request for the script.
 */
export async function limitGPU(context, limits) {
  const prefix = `globalThis.gpuLimits = ${JSON.stringify(limits)};\n${patch}`;
  const addPrefix = async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${prefix}\n${await response.text()}` });
  };
  // A page that is closed meanwhile needs no answer, and the response is gone with it.
  await context.route("**/assets/engine-*.js", (route) => addPrefix(route).catch(() => {}));
}
