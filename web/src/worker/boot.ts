// Runs a Go program in this worker.

import "go:wasm_exec";
import type { ErrorData } from "../errors.js";

/**
 * Starts the Go program at url and returns the object that it publishes. onExit is called when the program ends, which
 * is always an error.
 */
export async function boot<T>(
  url: string,
  published: () => T | undefined,
  onExit: (error: ErrorData) => void,
): Promise<T> {
  const exitMessage = watchOutput();
  const go = new Go();
  const { instance } = await instantiate(url, go.importObject);
  globalThis.wasm = { instance };
  const exit = () => onExit(stopped(exitMessage()));
  go.run(instance).then(exit, exit);
  // Go runs until all its goroutines wait; by then it has published its object or ended.
  const program = published();
  if (!program) throw new Error(exitMessage() || `${url} did not start`);
  return program;
}

/** Compiles while downloading where the server sends the type of WebAssembly, otherwise afterwards. */
async function instantiate(
  url: string,
  imports: WebAssembly.Imports,
): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  if (response.headers.get("Content-Type") === "application/wasm") {
    return WebAssembly.instantiateStreaming(response, imports);
  }
  return WebAssembly.instantiate(await response.arrayBuffer(), imports);
}

/**
 * Keeps the end of what Go writes, which still reaches the console. Returns a function that finds in it the line that
 * says why Go ended; empty if there is none.
 */
function watchOutput(): () => string {
  const { writeSync } = globalThis.fs;
  const decoder = new TextDecoder();
  let output = "";
  globalThis.fs.writeSync = (fd, bytes) => {
    output = (output + decoder.decode(bytes, { stream: true })).slice(-10_000);
    return writeSync.call(globalThis.fs, fd, bytes);
  };
  return () => /^(panic|fatal error|runtime): .*/m.exec(output)?.[0] ?? "";
}

function stopped(exitMessage: string): ErrorData {
  const why = exitMessage && ` (${exitMessage})`;
  return { code: "internal", message: `the engine stopped unexpectedly${why}; load the model again`, retryable: true };
}
