// F16: two weights in a word, the first in the lower half.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec2<u32>>; // [hidden / 4, rows]

fn {W}_vec4(m: Matrix, row: u32, i: u32) -> vec4<f32> {
  let words = {W}[(m.first >> 1u) + ((row * m.hidden) >> 2u) + i];
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}
#include "lib/floats.wgsl"
