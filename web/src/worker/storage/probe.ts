// How fast the store and the network are, found out in a second or two each, before anything big moves.

import { CHUNK_BYTES, SCRATCH, type ChunkStore, type StoreKind } from "./chunk-store.js";
import { throwIfAborted } from "../../errors.js";
import { withLock } from "./locks.js";
import type { Source } from "./source.js";

/** What the probe found. Reading is measured on bytes just written, which the system still has in memory. */
export interface StoreSpeed {
  kind: StoreKind;
  /** Bytes a second. */
  write: number;
  read: number;
  /** Bytes that the browser says may still be stored; 0 when it does not say. Chrome's answer is no promise. */
  free: number;
}

const CHUNKS = 6; // at most
const WRITE_TIME = 1000; // milliseconds after which no other chunk is begun
const LINK_BYTES = 8 << 20;
const LINK_TIME = 1500; // milliseconds

/** Writes and reads a scratch file of the kind, or of the one that the browser has. One tab at a time. */
export function probeStore(store: ChunkStore, kind: StoreKind, signal: AbortSignal): Promise<StoreSpeed> {
  return withLock("outrider-probe", "exclusive", () => measureStore(store, kind, signal), signal);
}

async function measureStore(store: ChunkStore, wanted: StoreKind, signal: AbortSignal): Promise<StoreSpeed> {
  const { quota = 0, usage = 0 } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
  await store.add(SCRATCH, { name: SCRATCH, size: CHUNKS * CHUNK_BYTES, validator: "" });
  try {
    const { kind } = await store.move(SCRATCH, wanted);
    const start = performance.now();
    const chunks = await writeChunks(store, signal);
    const written = performance.now();
    await Promise.all(chunks.map((chunk) => store.read(SCRATCH, chunk * CHUNK_BYTES, CHUNK_BYTES)));
    const bytes = chunks.length * CHUNK_BYTES;
    return { kind, write: rate(bytes, written - start), read: rate(bytes, performance.now() - written), free: Math.max(0, quota - usage) };
  } finally {
    await store.delete(SCRATCH);
  }
}

async function writeChunks(store: ChunkStore, signal: AbortSignal): Promise<number[]> {
  const chunks: number[] = [];
  const noise = randomChunk();
  const end = performance.now() + WRITE_TIME;
  while (chunks.length < CHUNKS && (chunks.length === 0 || performance.now() < end)) {
    throwIfAborted(signal);
    await store.putChunk(SCRATCH, chunks.length, noise, "");
    chunks.push(chunks.length);
  }
  return chunks;
}

/** A chunk whose first 64 KiB are random and repeat. */
function randomChunk(): ArrayBuffer {
  const bytes = new Uint8Array(CHUNK_BYTES);
  crypto.getRandomValues(bytes.subarray(0, 65536));
  for (let n = 65536; n < bytes.length; n *= 2) bytes.copyWithin(n, 0, n);
  return bytes.buffer;
}

/** Bytes a second that come from a source: a few megabytes out of its middle, which are not kept. */
export async function probeLink(source: Source, signal: AbortSignal): Promise<number> {
  const length = Math.min(LINK_BYTES, source.info.size);
  const enough = AbortSignal.timeout(LINK_TIME);
  let received = 0;
  const start = performance.now();
  try {
    await source.read(Math.floor((source.info.size - length) / 2), length, AbortSignal.any([signal, enough]), (bytes) => (received = bytes));
  } catch (error) {
    throwIfAborted(signal);
    if (!enough.aborted) throw error;
  }
  return rate(received, performance.now() - start);
}

const rate = (bytes: number, milliseconds: number) => (bytes / Math.max(milliseconds, 0.1)) * 1000;
