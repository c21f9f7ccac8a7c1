// IQ4_XS: w = d (scale - 32) value, a 6-bit scale for 32 weights, one of 16 values for each nibble. Blocks of 256 in 34
// words as in the file: d and the high two bits of the scales, their low nibbles, then four words of nibbles for each
// group. docs/spec/gguf.md §8.3.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<u32>; // [34 hidden / 256, rows]
#include "lib/iq4_values.wgsl"

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = m.first + 34u * (((row * m.hidden) >> 8u) + (g >> 3u));
  let j = g & 7u;
  let high = ({W}[block] >> (16u + 2u * j)) & 3u;
  let scale = (({W}[block + 1u] >> (4u * j)) & 15u) | (high << 4u);
  let d = f16_half({W}[block], 0u) * (f32(scale) - 32.0);
  let qs = block + 2u + 4u * j;
  let values = {W}_values(vec4<u32>({W}[qs], {W}[qs + 1u], {W}[qs + 2u], {W}[qs + 3u]));
  return Group(values, vec2<f32>(d), vec2<f32>(0.0));
}
