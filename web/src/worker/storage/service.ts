// Answers the requests of one port: fetch, hash, put, read. Weight bytes live here only between the network and the
// store, or between the store and the engine worker.

import { CHUNK_BYTES, chunkLength, sha256, type ChunkStore } from "./chunk-store.js";
import { EngineError, throwIfAborted, toErrorData } from "../../errors.js";
import { toStorageError } from "./errors.js";
import { HTTPSource } from "./http-source.js";
import { withLock } from "./locks.js";
import type { Answer, Ask, Method, Methods, OpenSource } from "./messages.js";
import { freeBuffer } from "./buffer-pool.js";
import { probeLink, probeStore } from "./probe.js";
import { LocalSource, type Source } from "./source.js";

/** What a method may use besides its arguments. */
interface Request {
  signal: AbortSignal;
  progress(bytes: number): void;
}

type Handlers = { [M in Method]: (request: Request, ...args: Parameters<Methods[M]>) => Promise<ReturnType<Methods[M]>> };

/** Serves port from store until the port closes. */
export function serve(port: MessagePort, store: ChunkStore): void {
  const handlers = makeHandlers(store);
  const running = new Map<number, AbortController>();
  port.onmessage = async ({ data }: MessageEvent<Ask>) => {
    if ("abort" in data) return running.get(data.id)?.abort();
    const { id, method, args } = data;
    const controller = new AbortController();
    running.set(id, controller);
    const request = { signal: controller.signal, progress: throttled((bytes) => send({ id, progress: bytes })) };
    try {
      const result = await (handlers[method] as (r: Request, ...args: unknown[]) => Promise<unknown>)(request, ...args);
      send({ id, result }, result instanceof ArrayBuffer ? [result] : []);
    } catch (error) {
      send({ id, error: toErrorData(toStorageError(error)) });
    } finally {
      running.delete(id);
    }
  };
  const send = (answer: Answer, transfer: Transferable[] = []) => port.postMessage(answer, transfer);
}

function makeHandlers(store: ChunkStore): Handlers {
  const sources = new Map<number, Source>();
  let nextSource = 1;
  const keep = (source: Source): OpenSource => {
    sources.set(nextSource, source);
    return { ...source.info, source: nextSource++ };
  };
  return {
    openURL: async ({ signal }, url) => keep(await HTTPSource.open(url, signal)),
    openFile: async (_, file) => keep(new LocalSource(file)),
    closeSource: async (_, source) => void sources.delete(source),
    list: () => store.list(),
    find: (_, id) => store.find(id),
    add: (_, id, info) => store.add(id, info),
    move: (_, id, kind) => store.move(id, kind),
    storeChunk: (request, id, chunk, source) => storeChunkOnce(store, request, id, chunk, sources.get(source)!),
    read: ({ signal }, id, offset, length, into) => read(store, signal, id, offset, length, into),
    verify: ({ signal }, id) => verify(store, id, signal),
    delete: (_, id) => store.delete(id),
    probeStore: ({ signal }, kind) => probeStore(store, kind, signal),
    probeLink: ({ signal }, source) => probeLink(sources.get(source)!, signal),
  };
}

async function read(store: ChunkStore, signal: AbortSignal, id: string, offset: number, length: number, into?: ArrayBuffer): Promise<ArrayBuffer> {
  throwIfAborted(signal);
  const bytes = await store.read(id, offset, length, into);
  if (into && into !== bytes) freeBuffer(into);
  return bytes;
}

/** Fills a chunk unless it is there: another tab may have brought it while this one waited for its turn. */
function storeChunkOnce(store: ChunkStore, request: Request, id: string, chunk: number, source: Source): Promise<void> {
  const storeIfAbsent = async () => {
    if ((await store.chunkHash(id, chunk)) === undefined) await storeChunk(store, request, id, chunk, source);
  };
  return withLock(`outrider-chunk ${id} ${chunk}`, "exclusive", storeIfAbsent, request.signal);
}

async function storeChunk(store: ChunkStore, { signal, progress }: Request, id: string, chunk: number, source: Source): Promise<void> {
  const length = chunkLength(source.info.size, chunk);
  if (length <= 0) throw new EngineError("internal", `${id} has no chunk ${chunk}`);
  const bytes = await source.read(chunk * CHUNK_BYTES, length, signal, progress);
  const hash = await sha256(bytes);
  throwIfAborted(signal);
  await store.putChunk(id, chunk, bytes, hash);
}

async function verify(store: ChunkStore, id: string, signal: AbortSignal): Promise<number> {
  const file = await store.find(id);
  let bad = 0;
  for (const chunk of file?.chunks ?? []) {
    throwIfAborted(signal);
    if (await matches(store, file!.id, file!.size, chunk)) continue;
    await store.dropChunk(id, chunk);
    bad++;
  }
  return bad;
}

/** Whether a chunk still has the hash it was stored with; one that cannot be read whole has not. */
async function matches(store: ChunkStore, id: string, size: number, chunk: number): Promise<boolean> {
  try {
    const bytes = await store.read(id, chunk * CHUNK_BYTES, chunkLength(size, chunk));
    return (await sha256(bytes)) === (await store.chunkHash(id, chunk));
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}

/** At most ten calls a second; the last bytes are reported by the result itself. */
function throttled(report: (bytes: number) => void): (bytes: number) => void {
  let next = 0;
  return (bytes) => {
    const now = performance.now();
    if (now < next) return;
    next = now + 100;
    report(bytes);
  };
}
