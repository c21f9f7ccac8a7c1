// What the page does with stored models besides loading them: it lists, checks, exports and imports them. The page
// calls the engine worker, which asks the storage worker; Go has no part in it.

import type { EngineMethods, StorageReport, StoredFileReport } from "../protocol.js";
import type { Handlers } from "../rpc.js";
import { CHUNK_BYTES, chunkLength, type StoredFile } from "./storage/chunk-store.js";
import type { StorageClient } from "./storage-client.js";

/** The methods of the engine worker that need only the storage worker. */
export type StoredModelMethods = Pick<EngineMethods, "storage" | "verify" | "export" | "import" | "handle">;

/** Returns the implementation of the methods. */
export function storedModelHandlers(storage: StorageClient): Handlers<StoredModelMethods> {
  return {
    storage: async ({ signal }) => report(await storage.call(signal, "list")),
    verify: ({ signal, progress }, file) => storage.verify(signal, file, progress),
    export: async ({ signal, progress }, file, target) => {
      await storage.exportFile(signal, file, target, progress);
      return null;
    },
    import: async ({ signal }, handle) => (await storage.call(signal, "importFile", handle)).id,
    handle: async ({ signal }, file) => (await storage.call(signal, "fileHandle", file)) ?? null,
  };
}

async function report(files: StoredFile[]): Promise<StorageReport> {
  const { storage } = navigator;
  const { usage = 0, quota = 0 } = (await storage?.estimate?.()) ?? {};
  const persisted = (await storage?.persisted?.()) ?? false;
  return { freeBytes: Math.max(0, quota - usage), persisted, files: files.map(reportFile) };
}

function reportFile({ id, name, size, kind, chunks, partialBytes, used, verified }: StoredFile): StoredFileReport {
  const bytesStored = chunks.reduce((sum, chunk) => sum + chunkLength(size, chunk), partialBytes);
  const complete = chunks.length === Math.ceil(size / CHUNK_BYTES);
  return { id, name, bytesStored, bytesTotal: size, complete, onDisk: kind === "handle", used, verified };
}
