// The storage worker: network, hashing and the store, apart from the worker that computes. It serves every port that it
// is sent; storage/methods.ts lists its methods.

import { BrowserStore } from "./storage/browser-store.js";
import type { Connect } from "./storage/methods.js";
import { serveStorage } from "./storage/service.js";

const store = new BrowserStore();

addEventListener("message", ({ data }: MessageEvent<Connect>) => {
  if (data.kind === "connect") serveStorage(data.port, store);
});
