// Q4_0: w = d (nibble - 8). Bodies of one vec4, then the scales. docs/spec/gguf.md §8.1.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec4<u32>>; // [hidden / 32, rows], then f16 of blocks
#include "lib/scales.wgsl"

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = ((row * m.hidden) >> 5u) + g;
  let d = {W}_scale(m, block);
  return Group(nibbles({W}[(m.first >> 2u) + block]), vec2<f32>(d), vec2<f32>(-8.0 * d));
}
