// Model files for the tests: tiny ones made on demand, ways to damage them, and a server that pages of other origins
// may read.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rangeServer } from "../web/test/range-server.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Returns a tiny model of random weights; flags are those of `pack tiny`. */
export function tinyModel(...flags) {
  const folder = mkdtempSync(join(tmpdir(), "outrider-model-"));
  try {
    const file = join(folder, "tiny.gguf");
    execFileSync("go", ["run", "./cmd/pack", "tiny", "-o", file, ...flags], { cwd: root });
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns a copy with the first `from` after `key` replaced by `to`, which has the same length. */
export function withText(bytes, key, from, to) {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(from, copy.indexOf(key) + Buffer.byteLength(key));
  if (at < 0 || Buffer.byteLength(from) !== Buffer.byteLength(to)) throw new Error(`cannot put ${to} after ${key}`);
  copy.write(to, at);
  return copy;
}

/** Returns a copy whose header announces 2^60 tensors. */
export function withAbsurdCount(bytes) {
  const copy = Buffer.from(bytes);
  copy.writeBigUInt64LE(1n << 60n, 8); // after magic and version
  return copy;
}

/** Returns a copy in which a tensor has another type. */
export function withTensorType(bytes, tensor, type) {
  const copy = Buffer.from(bytes);
  const dims = copy.indexOf(tensor) + Buffer.byteLength(tensor);
  copy.writeUInt32LE(type, dims + 4 + 8 * copy.readUInt32LE(dims));
  return copy;
}

/** Serves bytes, in ranges, to pages of every origin. */
export async function modelServer(bytes) {
  const server = await rangeServer(bytes);
  server.headers = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Content-Range, ETag" };
  server.url = server.url.replace(/dir.*/, "model.gguf");
  const { close } = server;
  let closed;
  server.close = () => (closed ??= close()); // a test may close it early
  return server;
}

/** Makes a server pass every request to handler from now on; null makes it serve again. */
export const intercept = (server, handler) => (server.next = handler ? { shift: () => handler } : []);

/** Returns offset and size of an F32 tensor in a file without padding, as cmd/pack writes it, bytes. */
export function tensorAt(file, name) {
  const [{ offset, bytes }, last] = [name, lastTensor].map((name) => headerEntry(file, name));
  return { offset: offset + file.length - last.offset - last.bytes, bytes };
}

const lastTensor = "blk.1.ffn_down_shexp.weight"; // of a Llama 4 of two layers

/** Reads offset and size of an F32 tensor from the header; the offset counts from the first tensor. */
function headerEntry(file, name) {
  const at = file.indexOf(name) + Buffer.byteLength(name);
  const dims = file.readUInt32LE(at);
  let bytes = 4;
  for (let i = 0; i < dims; i++) bytes *= Number(file.readBigUInt64LE(at + 4 + 8 * i));
  return { offset: Number(file.readBigUInt64LE(at + 8 + 8 * dims)), bytes };
}
