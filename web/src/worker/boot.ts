// Runs a Go program in this worker.

import "go:wasm_exec";
import type { ErrorData } from "../errors.js";

/** Starts the program at url and gives what it publishes. onExit hears of its end, which is always an error. */
export async function boot<T>(url: string, published: () => T | undefined, onExit: (error: ErrorData) => void): Promise<T> {
  const lastWords = listenToOutput();
  const go = new Go();
  const { instance } = await instantiate(url, go.importObject);
  globalThis.wasm = { instance };
  const exit = () => onExit(stopped(lastWords()));
  go.run(instance).then(exit, exit);
  // Go runs until it has nothing to do; by then it has published its object or ended.
  const program = published();
  if (!program) throw new Error(lastWords() || `${url} did not start`);
  return program;
}

/** Compiles while downloading where the server names the type rightly, else after. */
async function instantiate(url: string, imports: WebAssembly.Imports): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  if (response.headers.get("Content-Type") === "application/wasm") {
    return WebAssembly.instantiateStreaming(response, imports);
  }
  return WebAssembly.instantiate(await response.arrayBuffer(), imports);
}

/** Remembers the line in which Go says why it ends; what it writes still reaches the console. */
function listenToOutput(): () => string {
  const { writeSync } = globalThis.fs;
  const decoder = new TextDecoder();
  let output = "";
  globalThis.fs.writeSync = (fd, bytes) => {
    output = (output + decoder.decode(bytes, { stream: true })).slice(-10_000);
    return writeSync.call(globalThis.fs, fd, bytes);
  };
  return () => /^(panic|fatal error|runtime): .*/m.exec(output)?.[0] ?? "";
}

function stopped(lastWords: string): ErrorData {
  const why = lastWords ? ` (${lastWords})` : "";
  return { code: "internal", message: `the engine stopped unexpectedly${why}; load the model again`, retryable: true };
}
