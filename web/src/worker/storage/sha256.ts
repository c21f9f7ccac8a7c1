// SHA-256 (FIPS 180-4) of bytes that arrive in pieces. The browser's own, crypto.subtle, takes all bytes at once, which
// a file of 40 GB does not permit.

import type { HashState } from "./chunk-store.js";

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const K = Int32Array.from(primes(64), (p) => fraction(Math.cbrt(p)));

/** The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
const START = Uint32Array.from(primes(8), (p) => fraction(Math.sqrt(p)));

const BLOCK = 64; // bytes

/** A hash that grows. */
export class SHA256 {
  readonly #state: Uint32Array;
  readonly #words = new Int32Array(64);
  readonly #block = new Uint8Array(BLOCK);
  #bytes: number;

  /** Continues from a state that {@link save} returned. */
  constructor({ state, bytes }: HashState = { state: START, bytes: 0 }) {
    this.#state = new Uint32Array(state);
    this.#bytes = bytes;
  }

  /** Bytes added so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the state, from which another SHA256 continues; only after a whole number of blocks of 64 bytes. */
  save(): HashState {
    return { state: new Uint32Array(this.#state), bytes: this.#bytes };
  }

  /** Adds bytes. */
  update(bytes: Uint8Array): void {
    let i = 0;
    const used = this.#bytes % BLOCK;
    this.#bytes += bytes.length;
    if (used > 0) {
      i = Math.min(BLOCK - used, bytes.length);
      this.#block.set(bytes.subarray(0, i), used);
      if (used + i < BLOCK) return;
      this.#compress(this.#block, 0);
    }
    for (; i + BLOCK <= bytes.length; i += BLOCK) this.#compress(bytes, i);
    this.#block.set(bytes.subarray(i));
  }

  /** Returns the hash in lower-case hex. Nothing can be added afterwards. */
  hex(): string {
    const bits = BigInt(this.#bytes) * 8n;
    const zeros = (BLOCK + 55 - (this.#bytes % BLOCK)) % BLOCK;
    const end = new Uint8Array(1 + zeros + 8);
    end[0] = 0x80;
    new DataView(end.buffer).setBigUint64(1 + zeros, bits);
    this.update(end);
    return Array.from(this.#state, (word) => word.toString(16).padStart(8, "0")).join("");
  }

  /** Processes the block of 64 bytes at offset `at`. */
  #compress(bytes: Uint8Array, at: number): void {
    const w = this.#words;
    for (let i = 0; i < 16; i++, at += 4) {
      w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!;
      const y = w[i - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
    }
    this.#mix(w);
  }

  /** Mixes the 64 words of a block into the state. */
  #mix(w: Int32Array): void {
    const state = this.#state;
    let a = state[0]! | 0;
    let b = state[1]! | 0;
    let c = state[2]! | 0;
    let d = state[3]! | 0;
    let e = state[4]! | 0;
    let f = state[5]! | 0;
    let g = state[6]! | 0;
    let h = state[7]! | 0;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    const sums = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 8; i++) state[i]! += sums[i]!;
  }
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p)) found.push(n);
  return found;
}

function fraction(x: number): number {
  return Math.floor((x - Math.floor(x)) * 2 ** 32);
}
