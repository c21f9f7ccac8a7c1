// BF16: two weights a word, the first in the lower half; each is the upper half of an f32.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec2<u32>>; // [hidden / 4, rows]

fn {W}_four(m: Matrix, row: u32, i: u32) -> vec4<f32> {
  let two = {W}[(m.first >> 1u) + ((row * m.hidden) >> 2u) + i];
  return bitcast<vec4<f32>>(vec4<u32>(two.x << 16u, two.x & 0xffff0000u, two.y << 16u, two.y & 0xffff0000u));
}
#include "lib/floats.wgsl"
