// The storage worker: network, hashing and the store, away from the worker that computes. It serves every port it is
// sent; see storage/messages.ts.

import type { ChunkStore } from "./storage/chunk-store.js";
import { IndexedDBStore } from "./storage/indexeddb.js";
import type { Connect } from "./storage/messages.js";
import { serve } from "./storage/service.js";

let store: Promise<ChunkStore> | undefined;

addEventListener("message", ({ data }: MessageEvent<Connect>) => {
  if (data.kind === "connect") serve(data.port, (store ??= IndexedDBStore.open()));
});
