// A model file for the hostile server: a GGUF header and one tensor of random, plausible weights.

import { createCipheriv, createHash } from "node:crypto";

export const CHUNK_BYTES = 16 << 20;

const Q4_1 = 3; // the number of the type in GGUF
const BLOCK_BYTES = 20; // two 16-bit floats, then 32 weights of 4 bits
const SMALL_EXPONENT = 0xbf; // clears the highest bit of a float's exponent: it is neither infinite nor not a number

/** Makes a model of about `size` bytes. The same seed makes the same bytes. */
export function makeModel(size, seed = 1) {
  const header = makeHeader(Math.floor((size - 200) / BLOCK_BYTES));
  const blocks = Math.floor((size - header.length) / BLOCK_BYTES);
  const weights = randomBytes(blocks * BLOCK_BYTES, seed);
  for (let block = 0; block < weights.length; block += BLOCK_BYTES) {
    weights[block + 1] &= SMALL_EXPONENT;
    weights[block + 3] &= SMALL_EXPONENT;
  }
  return Buffer.concat([makeHeader(blocks), weights]);
}

/** Returns the header of a file of one tensor, padded to 32 bytes. */
function makeHeader(blocks) {
  const parts = [Buffer.from("GGUF"), u32(3), u64(1), u64(1)];
  parts.push(text("general.architecture"), u32(8), text("llama"));
  parts.push(text("weights"), u32(2), u64(32), u64(blocks), u32(Q4_1), u64(0));
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 31)]);
}

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

const text = (value) => Buffer.concat([u64(value.length), Buffer.from(value)]);

/** Returns the key stream of a cipher: random, fast and the same each time. */
function randomBytes(length, seed) {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16));
  const bytes = Buffer.allocUnsafe(length);
  const zeros = Buffer.alloc(1 << 20);
  for (let at = 0; at < length; at += zeros.length) {
    cipher.update(zeros.subarray(0, Math.min(zeros.length, length - at))).copy(bytes, at);
  }
  return bytes;
}

/** Returns the SHA-256 of bytes in hex. */
export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const known = new WeakMap(); // hashes of chunks by file

/** Returns the SHA-256 of every chunk of a file. */
export function chunkHashes(bytes) {
  if (known.has(bytes)) return known.get(bytes);
  const hashes = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) hashes.push(sha256(bytes.subarray(at, at + CHUNK_BYTES)));
  known.set(bytes, hashes);
  return hashes;
}

/** Returns the text of a file's manifest, as `pack manifest` writes it. */
export function manifestOf(bytes) {
  const size = bytes.length;
  const published = { sha256: sha256(bytes), chunkBytes: CHUNK_BYTES, chunks: chunkHashes(bytes) };
  return JSON.stringify({ outrider: 1, name: "model.gguf", size, ...published });
}
