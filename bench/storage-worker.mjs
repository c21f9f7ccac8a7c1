// The worker of bench/storage.mjs: reads from the storage worker and uploads to the GPU, as the engine worker does.
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
  if (data.port) {
    client = new StorageClient(data.port);
    return;
  }
  try {
    postMessage({ speed: await (data.write ? write(data) : read(data)) });
  } catch (error) {
    postMessage({ error: `${error.code ?? ""} ${error.message}` });
  }
});

/** Runs job(0) to job(count - 1), `depth` at a time, and returns the seconds that took. */
async function seconds(count, depth, job) {
  let next = 0;
  const run = async (lane) => {
    while (next < count) await job(next++, lane);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: depth }, (_, lane) => run(lane)));
  return (performance.now() - start) / 1000;
}

/** Copies a file into the store, hashed as after a download, and returns bytes a second. */
async function write({ kind, depth }) {
  source ??= (await client.call(never, "openFile", new File(Array(CHUNKS).fill(noise()), "model.gguf"))).source;
  await client.call(never, "add", kind, { name: "model.gguf", size: CHUNKS * CHUNK_BYTES, validator: "" });
  const { kind: actual } = await client.call(never, "move", kind, kind);
  if (actual !== kind) throw new Error(`the browser has no ${kind}`);
  return (
    (CHUNKS * CHUNK_BYTES) / (await seconds(CHUNKS, depth, (chunk) => client.storeChunk(never, kind, chunk, source)))
  );
}

function noise() {
  const bytes = new Uint8Array(CHUNK_BYTES);
  for (let i = 0; i < bytes.length; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
  return bytes;
}

/**
 * Reads units of the file at changing offsets and returns bytes a second; with gpu, each lane uploads to its own
 * buffer.
 */
async function read({ kind, depth, unit, gpu }) {
  const gpuHost = await host;
  if (gpu) await Promise.all(Array.from({ length: depth }, (_, id) => createBuffer(gpuHost, id, unit)));
  const count = Math.ceil(READ_BYTES / unit);
  const last = CHUNKS * CHUNK_BYTES - unit;
  const one = async (i, lane) => {
    const buffer = await client.read(never, kind, (i * 7_000_003) % last, unit);
    if (gpu) await upload(gpuHost, lane, buffer);
    client.release(buffer);
    if (gpu && i === count - 1) await gpuHost.device.queue.onSubmittedWorkDone();
  };
  await seconds(2 * depth, depth, one); // warms up
  const elapsed = await seconds(count, depth, one);
  if (gpu) for (let id = 0; id < depth; id++) gpuHost.destroyBuffer(id);
  return (count * unit) / elapsed;
}

/** Creates a buffer and writes to it, because WebGPU fills a new one with zeros before the first write. */
async function createBuffer(gpuHost, id, size) {
  gpuHost.createBuffer(id, `slot ${id}`, Math.ceil(size / 4) * 4, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
  gpuHost.upload(id, 0, new ArrayBuffer(4), 0, 4);
  await gpuHost.device.queue.onSubmittedWorkDone();
}

async function upload(gpuHost, id, buffer) {
  for (let at = 0; at < buffer.byteLength; at += PIECE_BYTES) {
    await gpuHost.upload(id, at, buffer, at, Math.min(PIECE_BYTES, buffer.byteLength - at));
  }
}
