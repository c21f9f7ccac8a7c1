// F16: two weights a word, the first in the lower half.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec2<u32>>; // [hidden / 4, rows]

fn {W}_four(m: Matrix, row: u32, i: u32) -> vec4<f32> {
  let four = {W}[(m.first >> 1u) + ((row * m.hidden) >> 2u) + i];
  return vec4<f32>(unpack2x16float(four.x), unpack2x16float(four.y));
}
#include "lib/floats.wgsl"
