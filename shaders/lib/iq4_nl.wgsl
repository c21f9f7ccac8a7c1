// IQ4_NL: w = d value, one of 16 values for each nibble. Bodies of one vec4, then the scales. docs/spec/gguf.md §8.1.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec4<u32>>; // [hidden / 32, rows], then f16 of blocks
#include "lib/scales.wgsl"
#include "lib/iq4_values.wgsl"

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = ((row * m.hidden) >> 5u) + g;
  return Group({W}_values({W}[(m.first >> 2u) + block]), vec2<f32>({W}_scale(m, block)), vec2<f32>(0.0));
}
