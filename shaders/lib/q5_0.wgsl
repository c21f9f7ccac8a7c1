// Q5_0: w = d (q - 16), a nibble and a fifth bit. Bodies of five words, of fifth bits and 16 bytes of nibbles; then the
// scales. docs/spec/gguf.md §8.1.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<u32>; // [5 hidden / 32, rows], then f16 of blocks
#include "lib/fifth_bits.wgsl"

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = ((row * m.hidden) >> 5u) + g;
  let body = m.first + 5u * block;
  let qs = vec4<u32>({W}[body + 1u], {W}[body + 2u], {W}[body + 3u], {W}[body + 4u]);
  let q = bytes32({W}_five_bits(qs, {W}[body], 0u), {W}_five_bits(qs, {W}[body], 1u));
  let d = f16_half({W}[m.scales + (block >> 1u)], block);
  return Group(q, vec2<f32>(d), vec2<f32>(-16.0 * d));
}
