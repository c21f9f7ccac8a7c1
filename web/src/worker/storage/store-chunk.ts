// Takes one chunk from a source into the store.

import { EngineError, throwIfAborted } from "../../errors.js";
import type { Call } from "../../rpc.js";
import { CHUNK_BYTES, type ChunkStore, chunkLength, sha256 } from "./chunk-store.js";
import { allFinite } from "./finite.js";
import { withLock } from "./locks.js";
import type { ChunkOptions, ChunkProgress } from "./methods.js";
import type { Source, Waiting } from "./source.js";
import { throttled } from "./throttled.js";

/** A chunk of a file, where its bytes come from, and how. */
export interface ChunkRequest extends ChunkOptions {
  id: string;
  chunk: number;
  source: Source;
}

type StoreCall = Pick<Call<ChunkProgress>, "signal" | "progress">;

/**
 * Stores a chunk unless it is stored: another tab may have done so while this one waited for the lock. Returns the
 * hash.
 */
export function storeChunk(store: ChunkStore, call: StoreCall, request: ChunkRequest): Promise<string> {
  const { id, chunk, replace } = request;
  const storedHash = async () => (replace ? undefined : store.chunkHash(id, chunk));
  const storeIfAbsent = async () => (await storedHash()) ?? (await fetchAndStore(store, call, request));
  return withLock(`outrider-chunk ${id} ${chunk}`, "exclusive", storeIfAbsent, call.signal);
}

/** Reads a chunk from its source, hashes it and stores it. */
async function fetchAndStore(store: ChunkStore, call: StoreCall, request: ChunkRequest): Promise<string> {
  const { id, chunk, expected, finite = [] } = request;
  const bytes = await readFromSource(call, request);
  const hash = await sha256(bytes);
  throwIfAborted(call.signal);
  if (expected && hash !== expected) throw wrongHash(request);
  if (!allFinite(bytes, finite)) throw notFinite(request);
  await store.putChunk(id, chunk, bytes, hash);
  return hash;
}

/** Reads a whole chunk and reports its progress. */
function readFromSource({ signal, progress }: StoreCall, request: ChunkRequest): Promise<ArrayBuffer> {
  const { source, chunk, background = false } = request;
  const length = chunkLength(source.info.size, chunk);
  if (length <= 0) throw new EngineError("internal", `${request.id} has no chunk ${chunk}`);
  const current: ChunkProgress = { received: 0, waiting: false, cause: "", until: 0 };
  const report = throttled(() => progress({ ...current }));
  const onBytes = (received: number) => {
    current.received = received;
    report(undefined);
  };
  const onWaiting = (waiting?: Waiting) => {
    Object.assign(current, { waiting: waiting !== undefined, cause: "", until: 0 }, waiting);
    progress({ ...current });
  };
  return source.read(chunk * CHUNK_BYTES, length, signal, onBytes, { background, onWaiting });
}

function wrongHash({ source, chunk }: ChunkRequest): EngineError {
  const part = `part ${chunk + 1} of ${source.info.name}`;
  const message = `${part} arrived damaged: its hash is not the published one; try again`;
  return new EngineError("integrity", message, { retryable: true });
}

function notFinite({ source, chunk }: ChunkRequest): EngineError {
  const problem = `part ${chunk + 1} of ${source.info.name} arrived damaged: its numbers are not those of a model`;
  return new EngineError("integrity", `${problem}; try again`, { retryable: true });
}

/** Reads a stored chunk from a source again and reports whether it has the stored hash. */
export async function checkChunk(
  store: ChunkStore,
  id: string,
  chunk: number,
  source: Source,
  signal: AbortSignal,
): Promise<boolean> {
  const length = chunkLength(source.info.size, chunk);
  if (length <= 0) return false;
  const bytes = await source.read(chunk * CHUNK_BYTES, length, signal, () => {});
  return (await sha256(bytes)) === (await store.chunkHash(id, chunk));
}
