// Implements the methods of the storage worker. It holds weight bytes only on their way from the network to the store,
// or from the store to the engine worker.

import { EngineError, throwIfAborted, toErrorData } from "../../errors.js";
import { type Call, type Handlers, serve } from "../../rpc.js";
import { fetchText } from "../network/fetch-text.js";
import { HTTPSource } from "../network/http-source.js";
import { Network } from "../network/network.js";
import { freeBuffer } from "./buffer-pool.js";
import { CHUNK_BYTES, type ChunkStore, chunkLength, sha256 } from "./chunk-store.js";
import { toStorageError } from "./errors.js";
import { exportFile } from "./export-file.js";
import { hashFile } from "./hash-file.js";
import type { OpenSource, StorageMethods } from "./methods.js";
import { probeLink, probeStore } from "./probe.js";
import { endingPromptly } from "./prompt-abort.js";
import { LocalSource, type Source } from "./source.js";
import { checkChunk, storeChunk } from "./store-chunk.js";
import { throttled } from "./throttled.js";

/** The network of this worker; all ports share it. */
const network = new Network();

/** Serves the calls of a port from a store, until the port closes. */
export function serveStorage(port: MessagePort, store: ChunkStore): void {
  serve<StorageMethods>(port, endingPromptly(makeHandlers(store)), (thrown) => toErrorData(toStorageError(thrown)));
}

function makeHandlers(store: ChunkStore): Handlers<StorageMethods> {
  const sources = new Map<number, Source>();
  let nextSource = 1;
  const register = (source: Source): OpenSource => {
    sources.set(nextSource, source);
    return { ...source.info, source: nextSource++ };
  };
  return {
    openURL: async ({ signal }, url, mirrors = []) => register(await HTTPSource.open(network, url, mirrors, signal)),
    openPicked: async (_, file) => register(new LocalSource(file)),
    fetchText: ({ signal }, url, maxBytes) => fetchText(network, url, maxBytes, signal),
    closeSource: async (_, source) => void sources.delete(source),
    list: () => store.list(),
    find: (_, id) => store.find(id),
    openFile: (_, id, info, kind) => store.openFile(id, info, kind),
    setInfo: (_, id, changes) => store.setInfo(id, changes),
    storeChunk: (call, id, chunk, source, options) =>
      storeChunk(store, call, { id, chunk, source: sources.get(source)!, ...options }),
    checkChunk: ({ signal }, id, chunk, source, bytes) =>
      checkChunk(store, id, chunk, sources.get(source)!, bytes, signal),
    hashFile: ({ signal, progress }, id) => hashFile(store, id, signal, throttled(progress)),
    read: (call, id, offset, length, into) => read(store, call, id, offset, length, into),
    verify: ({ signal, progress }, id) => verify(store, id, signal, throttled(progress)),
    delete: (_, id) => store.delete(id),
    endUse: (_, id) => store.endUse(id),
    importFile: (_, handle) => store.importFile(handle),
    fileHandle: (_, id) => store.fileHandle(id),
    exportFile: ({ signal, progress }, id, target) => exportFile(store, id, target, signal, throttled(progress)),
    freeSpace: (_, bytes) => store.freeSpace(bytes),
    setBandwidth: async (_, bytesPerSecond) => {
      network.bandwidth.limit = bytesPerSecond || Number.POSITIVE_INFINITY;
    },
    probeStore: ({ signal }, kind) => probeStore(store, kind, signal),
    probeLink: ({ signal }, source) => probeLink(sources.get(source)!, signal),
  };
}

/** Reads from the store; an `into` that the store did not use is freed. */
async function read(
  store: ChunkStore,
  { signal, transfer }: Call,
  id: string,
  offset: number,
  length: number,
  into?: ArrayBuffer,
): Promise<ArrayBuffer> {
  throwIfAborted(signal);
  const bytes = await store.read(id, offset, length, into);
  if (into && into !== bytes) freeBuffer(into);
  transfer.push(bytes);
  return bytes;
}

/**
 * Hashes every chunk of a file again and drops those that have changed; returns how many. onProgress receives the
 * number of bytes read.
 */
async function verify(
  store: ChunkStore,
  id: string,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<number> {
  const file = await store.find(id);
  let [changed, bytes] = [0, 0];
  for (const chunk of file?.chunks ?? []) {
    throwIfAborted(signal);
    onProgress(bytes);
    bytes += chunkLength(file!.size, chunk);
    if (await hashMatches(store, file!.id, file!.size, chunk)) continue;
    await store.dropChunk(id, chunk);
    changed++;
  }
  return changed;
}

/** Reports whether a chunk has the hash with which it was stored; one that cannot be read does not. */
async function hashMatches(store: ChunkStore, id: string, size: number, chunk: number): Promise<boolean> {
  try {
    const bytes = await store.read(id, chunk * CHUNK_BYTES, chunkLength(size, chunk));
    return (await sha256(bytes)) === (await store.chunkHash(id, chunk));
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}
