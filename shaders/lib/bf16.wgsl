// BF16: two weights in a word, the first in the lower half; each is the upper half of an f32.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec2<u32>>; // [hidden / 4, rows]

fn {W}_vec4(m: Matrix, row: u32, i: u32) -> vec4<f32> {
  let words = {W}[(m.first >> 1u) + ((row * m.hidden) >> 2u) + i];
  return bitcast<vec4<f32>>(vec4<u32>(words.x << 16u, words.x & 0xffff0000u, words.y << 16u, words.y & 0xffff0000u));
}
#include "lib/floats.wgsl"
