// Q8_0: w = d q, q signed. Bodies of two vec4s, then the scales. docs/spec/gguf.md §8.1.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec4<u32>>; // [2 hidden / 32, rows], then f16 of blocks
#include "lib/scales.wgsl"

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = ((row * m.hidden) >> 5u) + g;
  let body = (m.first >> 2u) + 2u * block;
  let lo = {W}[body];
  let hi = {W}[body + 1u];
  let q = array<vec4<f32>, 8>(signed_bytes(lo.x), signed_bytes(lo.y), signed_bytes(lo.z), signed_bytes(lo.w),
                              signed_bytes(hi.x), signed_bytes(hi.y), signed_bytes(hi.z), signed_bytes(hi.w));
  return Group(q, vec2<f32>({W}_scale(m, block)), vec2<f32>(0.0));
}
