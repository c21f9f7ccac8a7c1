// The engine worker: starts main.wasm with what it needs of the browser (the GPU, a storage worker, a picture worker,
// the memory limits of devices) and answers the page's calls with it.

import { type Assets, onStart, startWithAssets } from "../assets.js";
import type { EngineMethods } from "../protocol.js";
import { type Handlers, serve } from "../rpc.js";
import { startWorker } from "../script-url.js";
import type { GoEngine } from "../types/engine.js";
import { holdLock } from "../worker-lock.js";
import { boot } from "./boot.js";
import { installGPUHost } from "./gpu-host.js";
import { installMemoryLimits } from "./memory-limits.js";
import { installPictures } from "./picture-client.js";
import { installStorage } from "./storage-client.js";
import { storedModelHandlers } from "./stored-models.js";

holdLock();
onStart((assets) => {
  install(assets);
  const engine = boot(
    assets.mainWasm,
    () => globalThis.newOutriderEngine?.(),
    (error) => server.fatal(error),
  );
  const server = serve<EngineMethods>(globalThis, handlers(engine));
});

/** Provides what Go needs of the browser. */
function install(assets: Assets): void {
  installGPUHost(navigator.gpu);
  installMemoryLimits();
  installStorage(connectStorage(assets.storageWorker));
  installPictures(() => startWithAssets(assets.pictureWorker, "outrider-picture", assets));
}

/** Starts the storage worker and returns a port to it. */
function connectStorage(url: string): MessagePort {
  const worker = startWorker(url, "outrider-storage");
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ kind: "connect", port: port2 }, [port2]);
  return port1;
}

function handlers(engine: Promise<GoEngine>): Handlers<EngineMethods> {
  return {
    preflight: async ({ signal }, source, mmproj, settings) =>
      (await engine).preflight(signal, source, mmproj, settings),
    load: async ({ signal, progress }, source, mmproj, paging) =>
      (await engine).load(signal, source, mmproj, progress, paging),
    chat: async ({ signal, progress }, request) =>
      (await engine).chat(signal, request, (chunk) => progress({ phase: "delta", chunk }), progress),
    picture: async ({ signal }, url) => (await engine).picture(signal, url),
    unload: async ({ signal }) => (await engine).unload(signal),
    pause: async ({ signal }) => (await engine).pause(signal),
    resume: async ({ signal }) => (await engine).resume(signal),
    limitBandwidth: async ({ signal }, bytesPerSecond) => {
      await globalThis.outriderStorage!.call(signal, "setBandwidth", bytesPerSecond);
      return null;
    },
    models: async ({ signal }) => (await engine).models(signal),
    delete: async ({ signal }, model) => (await engine).delete(signal, model),
    stats: async ({ signal }) => (await engine).stats(signal),
    ...storedModelHandlers(globalThis.outriderStorage!),
  };
}
