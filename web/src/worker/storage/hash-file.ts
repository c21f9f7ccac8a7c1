// The SHA-256 of a whole file, read from the store chunk by chunk.

import { EngineError, throwIfAborted } from "../../errors.js";
import { CHUNK_BYTES, type ChunkStore, chunkLength } from "./chunk-store.js";
import { SHA256 } from "./sha256.js";

/** Chunks after which the state is kept, so that a page that was closed continues there: 1 GiB. */
const CHUNKS_PER_STATE = 64;

/** Returns the SHA-256 of a complete file in lower-case hex. onProgress receives the number of bytes hashed. */
export async function hashFile(
  store: ChunkStore,
  id: string,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<string> {
  const file = await store.find(id);
  if (!file) throw new EngineError("storage_error", `${id} is not in the store; download the model again`);
  const hash = new SHA256(await store.hashState(id));
  for (let chunk = hash.bytes / CHUNK_BYTES; chunk * CHUNK_BYTES < file.size; chunk++) {
    throwIfAborted(signal);
    const bytes = await store.read(id, chunk * CHUNK_BYTES, chunkLength(file.size, chunk));
    hash.update(new Uint8Array(bytes));
    onProgress(hash.bytes);
    const whole = hash.bytes % (CHUNKS_PER_STATE * CHUNK_BYTES) === 0;
    if (whole) await store.keepHashState(id, hash.save());
  }
  return hash.hex();
}
