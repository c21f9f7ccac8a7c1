// Runs one Go test binary, compiled for js/wasm, under Node, with Dawn in the place of the browser's WebGPU and an
// IndexedDB in memory.
// `go run ./cmd/build wasmtest` bundles it and passes it to `go test -exec`: node go-test.mjs TEST.wasm FLAGS.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { create, globals } from "webgpu";
import { installGPUHost } from "../src/worker/gpu-host.ts";
import "./storage.mjs";

// wasm_exec.js of Go's toolchain takes these from the global object when it is evaluated.
Object.assign(globalThis, globals, { fs, path });
await import("go:wasm_exec");

installGPUHost(create([]));

const [file, ...flags] = process.argv.slice(2);
const go = new Go();
go.argv = [file, ...flags];
go.env = { ...process.env, TMPDIR: os.tmpdir() };
go.exit = process.exit;

const { instance } = await WebAssembly.instantiate(fs.readFileSync(file), go.importObject);
process.on("exit", (code) => {
  if (code !== 0 || go.exited) return;
  // Nothing can wake a goroutine any more: let Go report the deadlock with its stacks.
  go._pendingEvent = { id: 0 };
  go._resume();
});
await go.run(instance);
