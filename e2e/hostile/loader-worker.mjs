// The loader in Go, with the storage worker whose port it receives. It answers {id, method, args} with {id, result},
// {id, error} or {id, progress}; {abort: id} ends a call.
import "/hostile/prelude.js";
import "/wasm_exec.js";
import { StorageClient } from "/worker/storage-client.js";

const calls = new Map();
const { promise: started, resolve } = Promise.withResolvers();

addEventListener("message", async ({ data }) => {
  if (data.port) return start(data);
  if (data.abort) return calls.get(data.abort)?.abort();
  const { id, method, args } = data;
  const controller = new AbortController();
  calls.set(id, controller);
  const loader = await started;
  try {
    const onProgress = (progress) => postMessage({ id, progress });
    postMessage({ id, result: await loader[method](controller.signal, ...args, onProgress) });
  } catch ({ code, message, retryable }) {
    postMessage({ id, error: { code, message, retryable } });
  }
});

async function start({ port, module }) {
  globalThis.outriderStorage = new StorageClient(port);
  const go = new Go();
  const instance = await WebAssembly.instantiate(module, go.importObject);
  go.run(instance);
  resolve(globalThis.outriderLoader);
}
