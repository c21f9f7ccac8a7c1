// The storage worker: network, hashing and the store, away from the worker that computes. It serves every port it is
// sent; see storage/messages.ts.

import { BrowserStore } from "./storage/browser-store.js";
import type { Connect } from "./storage/messages.js";
import { serve } from "./storage/service.js";

const store = new BrowserStore();

addEventListener("message", ({ data }: MessageEvent<Connect>) => {
  if (data.kind === "connect") serve(data.port, store);
});
