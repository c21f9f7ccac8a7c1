// The engine's side of bench/storage.mjs: asks the storage worker and hands what comes to the GPU, as the pager does.
import { GPUHost } from "/worker/gpu-host.js";
import { StorageClient } from "/worker/storage-client.js";

const CHUNKS = 18;
const CHUNK_BYTES = 16 << 20;
const PIECE_BYTES = 16 << 20;
const READ_BYTES = 600e6; // of a measurement

const never = new AbortController().signal;
const host = GPUHost.open(navigator.gpu);
let client, source;

addEventListener("message", async ({ data }) => {
  if (data.port) return (client = new StorageClient(data.port));
  try {
    postMessage({ speed: await (data.write ? write(data) : read(data)) });
  } catch (error) {
    postMessage({ error: `${error.code ?? ""} ${error.message}` });
  }
});

/** Runs job(0) to job(count - 1), `depth` at a time, and gives the seconds that took. */
async function seconds(count, depth, job) {
  let next = 0;
  const lane = async (lane) => {
    while (next < count) await job(next++, lane);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: depth }, (_, i) => lane(i)));
  return (performance.now() - start) / 1000;
}

/** Brings a file into the store, hashed, as after a download. */
async function write({ kind, depth }) {
  source ??= (await client.call(never, "openFile", new File(Array(CHUNKS).fill(noise()), "model.gguf"))).source;
  await client.call(never, "add", kind, { name: "model.gguf", size: CHUNKS * CHUNK_BYTES, validator: "" });
  const { kind: held } = await client.call(never, "move", kind, kind);
  if (held !== kind) throw new Error(`the browser has no ${kind}`);
  return (CHUNKS * CHUNK_BYTES) / (await seconds(CHUNKS, depth, (chunk) => client.fill(never, kind, chunk, source)));
}

function noise() {
  const bytes = new Uint8Array(CHUNK_BYTES);
  for (let i = 0; i < bytes.length; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
  return bytes;
}

/** Reads units of the file at changing offsets; with gpu, each into a slot of its own that has been written before. */
async function read({ kind, depth, unit, gpu }) {
  const gpuHost = await host;
  if (gpu) await Promise.all(Array.from({ length: depth }, (_, id) => slot(gpuHost, id, unit)));
  const count = Math.ceil(READ_BYTES / unit);
  const last = CHUNKS * CHUNK_BYTES - unit;
  const one = async (i, lane) => {
    const buffer = await client.read(never, kind, (i * 7_000_003) % last, unit);
    if (gpu) await upload(gpuHost, lane, buffer);
    client.release(buffer);
    if (gpu && i === count - 1) await gpuHost.device.queue.onSubmittedWorkDone();
  };
  await seconds(2 * depth, depth, one); // warm
  const taken = await seconds(count, depth, one);
  if (gpu) for (let id = 0; id < depth; id++) gpuHost.destroyBuffer(id);
  return (count * unit) / taken;
}

/** WebGPU fills a new buffer with zeros before its first write: that is not part of reading. */
async function slot(gpuHost, id, size) {
  gpuHost.createBuffer(id, `slot ${id}`, Math.ceil(size / 4) * 4, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
  gpuHost.upload(id, 0, new ArrayBuffer(4), 0, 4);
  await gpuHost.device.queue.onSubmittedWorkDone();
  return id;
}

async function upload(gpuHost, slot, buffer) {
  for (let at = 0; at < buffer.byteLength; at += PIECE_BYTES) {
    await gpuHost.upload(slot, at, buffer, at, Math.min(PIECE_BYTES, buffer.byteLength - at));
  }
}
