// Measures the speed of the store and of the network in a second or two each, before a model is loaded.

import { throwIfAborted } from "../../errors.js";
import { CHUNK_BYTES, type ChunkStore, SCRATCH_ID, type StoreKind } from "./chunk-store.js";
import { withLock } from "./locks.js";
import type { Source } from "./source.js";

/** The speed of the store. The bytes read have just been written and are still in the system's memory. */
export interface StoreSpeed {
  /** The kind that was measured. */
  kind: StoreKind;
  /** Bytes written per second. */
  write: number;
  /** Bytes read per second. */
  read: number;
  /** Bytes that can still be stored, at most a TiB; 0 if the browser does not say. */
  free: number;
}

const MAX_FREE = 2 ** 40;
const MAX_CHUNKS = 6;
const WRITE_TIME = 1000; // milliseconds after which no further chunk is written
const LINK_BYTES = 8 << 20;
const LINK_TIME = 1500; // milliseconds

/**
 * Measures writing and reading a scratch file of a kind, or of the kind that the browser supports; one tab at a time.
 */
export function probeStore(store: ChunkStore, kind: StoreKind, signal: AbortSignal): Promise<StoreSpeed> {
  return withLock("outrider-probe", "exclusive", () => measureStore(store, kind, signal), signal);
}

async function measureStore(store: ChunkStore, requested: StoreKind, signal: AbortSignal): Promise<StoreSpeed> {
  const free = await store.freeSpace(MAX_FREE);
  await store.delete(SCRATCH_ID); // a tab that was closed while it measured leaves one
  const info = { name: SCRATCH_ID, size: MAX_CHUNKS * CHUNK_BYTES, validator: "", sha256: "" };
  const { kind } = await store.openFile(SCRATCH_ID, info, requested);
  try {
    const start = performance.now();
    const chunks = await writeChunks(store, signal);
    const written = performance.now();
    await Promise.all(chunks.map((chunk) => store.read(SCRATCH_ID, chunk * CHUNK_BYTES, CHUNK_BYTES)));
    const end = performance.now();
    const bytes = chunks.length * CHUNK_BYTES;
    return { kind, write: bytesPerSecond(bytes, written - start), read: bytesPerSecond(bytes, end - written), free };
  } finally {
    await store.delete(SCRATCH_ID);
  }
}

/** Writes chunks of the scratch file for about a second and returns their numbers. */
async function writeChunks(store: ChunkStore, signal: AbortSignal): Promise<number[]> {
  const chunks: number[] = [];
  const bytes = randomChunk();
  const end = performance.now() + WRITE_TIME;
  while (chunks.length < MAX_CHUNKS && (chunks.length === 0 || performance.now() < end)) {
    throwIfAborted(signal);
    await store.putChunk(SCRATCH_ID, chunks.length, bytes, "");
    chunks.push(chunks.length);
  }
  return chunks;
}

/** Returns a chunk that repeats 64 KiB of random bytes. */
function randomChunk(): ArrayBuffer {
  const bytes = new Uint8Array(CHUNK_BYTES);
  crypto.getRandomValues(bytes.subarray(0, 65536));
  for (let n = 65536; n < bytes.length; n *= 2) bytes.copyWithin(n, 0, n);
  return bytes.buffer;
}

/** Measures bytes per second from a source by reading up to 8 MiB from its middle, which are not stored. */
export async function probeLink(source: Source, signal: AbortSignal): Promise<number> {
  const length = Math.min(LINK_BYTES, source.info.size);
  const offset = Math.floor((source.info.size - length) / 2);
  const timeout = AbortSignal.timeout(LINK_TIME);
  let received = 0;
  const start = performance.now();
  try {
    await source.read(offset, length, AbortSignal.any([signal, timeout]), (bytes) => (received = bytes));
  } catch (error) {
    throwIfAborted(signal);
    if (!timeout.aborted) throw error;
  }
  return bytesPerSecond(received, performance.now() - start);
}

const bytesPerSecond = (bytes: number, milliseconds: number) => (bytes / Math.max(milliseconds, 0.1)) * 1000;
