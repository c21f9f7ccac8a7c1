// The engine worker: boots main.wasm, gives it a GPU host, a storage worker and a way to have pictures cut, and relays the
// protocol.

import wasmURL from "go:main.wasm";
import pictureURL from "worker:./picture.worker.ts";
import storageURL from "worker:./storage.worker.ts";
import { toErrorData } from "../errors.js";
import type { ChatProgress, Reply, Request } from "../protocol.js";
import type { GoEngine } from "../types/engine.js";
import { boot } from "./boot.js";
import { installGPUHost } from "./gpu-host.js";
import { installPictures, type PicturePort } from "./picture-client.js";
import { installMemoryLimits } from "./memory-limits.js";
import { installStorage } from "./storage-client.js";

const reply = (message: Reply) => postMessage(message);
const aborts = new Map<number, AbortController>();
const engine = start();

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  if (data.kind === "abort") aborts.get(data.id)?.abort();
  else void answer(data);
});

function start(): Promise<GoEngine> {
  installGPUHost(navigator.gpu);
  installMemoryLimits();
  installStorage(connectStorage());
  installPictures(() => new Worker(pictureURL, { type: "module", name: "outrider-picture" }) as PicturePort);
  return boot(wasmURL, () => globalThis.newOutriderEngine?.(), (error) => reply({ kind: "fatal", error }));
}

function connectStorage(): MessagePort {
  const worker = new Worker(storageURL, { type: "module", name: "outrider-storage" });
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ kind: "connect", port: port2 }, [port2]);
  return port1;
}

async function answer(request: Exclude<Request, { kind: "abort" }>): Promise<void> {
  const { id } = request;
  const abort = new AbortController();
  aborts.set(id, abort);
  try {
    reply({ id, kind: "done", value: await perform(request, abort.signal) });
  } catch (thrown) {
    reply({ id, kind: "error", error: toErrorData(thrown) });
  } finally {
    aborts.delete(id);
  }
}

async function perform(request: Exclude<Request, { kind: "abort" }>, signal: AbortSignal) {
  const { id } = request;
  const go = await engine;
  const onProgress = (progress: ChatProgress) => reply({ id, kind: "progress", progress });
  switch (request.kind) {
    case "preflight":
      return go.preflight(signal, request.source, request.mmproj, request.options);
    case "load":
      return go.load(signal, request.source, request.mmproj, onProgress, request.paging);
    case "chat":
      return go.chat(signal, request.request, (chunk) => reply({ id, kind: "chunk", chunk }), onProgress);
    case "picture":
      return go.picture(signal, request.url);
    case "unload":
      return go.unload(signal);
    case "models":
      return go.models(signal);
    case "delete":
      return go.delete(signal, request.model);
    case "stats":
      return go.stats(signal);
  }
}
