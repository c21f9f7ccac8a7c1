// What a page of the hostile tests can do: start the loader with its workers, call it, and look into the store without
// it. `hostile` is its global.

import { StorageClient } from "/worker/storage-client.js";

const CHUNK_BYTES = 16 << 20;
const never = new AbortController().signal;
let loader;
let storage;
let nextId = 1;
const program = WebAssembly.compileStreaming(fetch("/loader.wasm")); // compiled once for all workers
const pending = new Map();

/** Starts the storage worker and returns it with a port to it. */
function startStorage(settings) {
  const worker = new Worker("/hostile/storage-worker.js", { type: "module", name: JSON.stringify(settings) });
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ kind: "connect", port: port2 }, [port2]);
  return { worker, port: port1 };
}

/** Starts new workers in the place of those that run. */
function start(settings = {}) {
  stop();
  const { worker, port } = startStorage(settings);
  storage = worker;
  loader = new Worker("/hostile/loader-worker.js", { type: "module", name: JSON.stringify(settings) });
  const started = loader;
  program.then((module) => started.postMessage({ port, module }, [port]));
  loader.addEventListener("message", ({ data: { id, result, error, progress } }) => {
    const call = pending.get(id);
    if (progress) return call.onProgress(progress);
    pending.delete(id);
    call.resolve(error ?? { code: "", result });
  });
}

/** Ends the workers at once, as a closed tab does. */
function stop() {
  loader?.terminate();
  storage?.terminate();
  for (const { resolve } of pending.values()) resolve({ code: "stopped", message: "" });
  pending.clear();
}

/**
 * Calls a method of the loader. Returns {code, message, seconds, causes, done, progress, abortMs}: code is empty if it
 * succeeded, and "hung" if it had to be aborted after `limit` milliseconds.
 */
function call(method, url, options = {}, limit = 60_000) {
  const id = nextId++;
  const start = performance.now();
  const seen = { causes: [], done: 0, progress: 0 };
  const onProgress = ({ done, waiting }) => {
    seen.progress++;
    seen.done = done;
    if (waiting && seen.causes.at(-1) !== waiting) seen.causes.push(waiting);
  };
  let aborted = 0;
  const timer = setTimeout(() => {
    aborted = performance.now();
    loader.postMessage({ abort: id });
  }, limit);
  return new Promise((resolve) => {
    pending.set(id, { resolve, onProgress });
    loader.postMessage({ id, method, args: [url, options] });
  }).then((outcome) => {
    clearTimeout(timer);
    const now = performance.now();
    const hung = aborted > 0 && { code: "hung", abortMs: now - aborted };
    return { message: "", ...outcome, ...hung, seconds: (now - start) / 1000, ...seen };
  });
}

/** Reads every stored chunk with another storage worker; returns the file's record with the hashes of its bytes. */
async function audit(id) {
  const { worker, port } = startStorage({});
  const client = new StorageClient(port);
  try {
    const file = await client.call(never, "find", id);
    if (!file) return null;
    const hashes = {};
    for (const chunk of file.chunks) hashes[chunk] = await hashOf(client, file, chunk);
    return { ...file, hashes };
  } catch ({ code, message }) {
    return { code, message };
  } finally {
    worker.terminate();
  }
}

/** Returns the hash of a stored chunk's bytes; the error's code if they cannot be read. */
async function hashOf(client, { id, size }, chunk) {
  const offset = chunk * CHUNK_BYTES;
  try {
    const bytes = await client.read(never, id, offset, Math.min(CHUNK_BYTES, size - offset));
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    client.release(bytes);
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch ({ code }) {
    return code;
  }
}

/** Calls a method of a storage worker of its own. */
async function store(method, ...args) {
  const { worker, port } = startStorage({});
  try {
    return await new StorageClient(port).call(never, method, ...args);
  } finally {
    worker.terminate();
  }
}

globalThis.hostile = { start, stop, call, audit, store };
