// Q5_1: w = d q + m, a nibble and a fifth bit. Blocks of six words as in the file: d and m, fifth bits, 16 bytes of
// nibbles. docs/spec/gguf.md §8.1.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<u32>; // [6 hidden / 32, rows]
#include "lib/fifth_bits.wgsl"

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = m.first + 6u * (((row * m.hidden) >> 5u) + g);
  let dm = unpack2x16float({W}[block]);
  let qs = vec4<u32>({W}[block + 2u], {W}[block + 3u], {W}[block + 4u], {W}[block + 5u]);
  let fifth = {W}[block + 1u];
  let q = bytes32({W}_five_bits(qs, fifth, 0u), {W}_five_bits(qs, fifth, 1u));
  return Group(q, vec2<f32>(dm.x), vec2<f32>(dm.y));
}
