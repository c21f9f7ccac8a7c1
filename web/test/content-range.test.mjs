// Content-Range, whatever a server sends. FUZZ_SECONDS=600 node --test web/test/content-range.test.mjs tries values for
// so long; otherwise it tries some thousands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRange, contentRange } from "../../dist/modules/worker/network/response.js";

const seconds = Number(process.env.FUZZ_SECONDS ?? 0.3);

const withHeader = (value) => {
  try {
    return new Response(null, { status: 206, headers: { "Content-Range": value } });
  } catch {
    return undefined; // no server can send it
  }
};

/** Values from which others are made. */
const seeds = [
  "bytes 0-9/100",
  "bytes 16777216-33554431/43000000000",
  "BYTES 5-9/*",
  "bytes */100",
  "bytes 0-9",
  "0-9/100",
  "bytes -1-9/100",
  "bytes 9-0/100",
  "bytes 0-99/100, bytes 0-9/100",
  "bytes=0-9/100",
  "bytes 0-9/100;q=1",
  "items 0-9/100",
  "bytes 1e3-2e3/1e4",
  "bytes 0x0-0x9/0x10",
  "bytes 00000-00009/00100",
  "bytes 0-9007199254740993/9007199254740994",
  "bytes 12345678901234567890-12345678901234567891/12345678901234567892",
  "bytes ０-９/１００",
  "",
];
const pieces = [
  "bytes ",
  "bytes",
  " ",
  "-",
  "/",
  "*",
  "0",
  "9",
  "17",
  "999999999999999",
  "1000000000000000",
  ",",
  "e",
  ".",
  "\t",
  "=",
  "é",
];

/** Returns a range as another program than ours would read it: by hand, character after character. */
function byHand(value) {
  const text = value.replace(/^[\t ]+|[\t ]+$/g, "");
  if (text.slice(0, 6).toLowerCase() !== "bytes ") return undefined;
  const slash = text.indexOf("/");
  const dash = text.indexOf("-");
  if (dash < 0 || slash < dash) return undefined;
  const isNumber = (s) => s.length >= 1 && s.length <= 15 && [...s].every((c) => c >= "0" && c <= "9");
  const [first, last, size] = [text.slice(6, dash), text.slice(dash + 1, slash), text.slice(slash + 1)];
  if (!isNumber(first) || !isNumber(last) || !(size === "*" || isNumber(size))) return undefined;
  const range = { first: Number(first), last: Number(last) };
  return size === "*" ? range : { ...range, size: Number(size) };
}

const random = (n) => Math.floor(Math.random() * n);

/** Returns a value that differs from a seed in a few places, or is made of pieces. */
function generate() {
  if (random(4) === 0) return Array.from({ length: random(9) }, () => pieces[random(pieces.length)]).join("");
  let value = seeds[random(seeds.length)];
  for (let changes = random(4); changes > 0; changes--) {
    const at = random(value.length + 1);
    value = value.slice(0, at) + pieces[random(pieces.length)].slice(0, random(3)) + value.slice(at + random(3));
  }
  return value;
}

function check(value) {
  const response = withHeader(value);
  if (!response) return;
  const header = response.headers.get("Content-Range") ?? "";
  const range = contentRange(response);
  assert.deepEqual(range, byHand(header), JSON.stringify(value));
  const request = { offset: random(20), length: 1 + random(20) };
  const fits = !range || (range.first === request.offset && range.last === request.offset + request.length - 1);
  const refused = () => checkRange("https://models.test/m.gguf", response, request);
  fits ? refused() : assert.throws(refused, JSON.stringify(value));
}

test("Content-Range is read exactly or not at all, whatever a server sends", () => {
  for (const seed of seeds) check(seed);
  assert.deepEqual(contentRange(withHeader(" BYTES 5-9/* ")), { first: 5, last: 9 });
  let values = 0;
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; values++) check(generate());
  if (seconds > 1) console.log(`Content-Range: ${values} values in ${seconds} s`);
});
