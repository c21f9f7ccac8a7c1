// Q6_K: w = d scale (q - 32), a signed scale for 16 weights. Bodies of 13 vec4s: eight of low nibbles, four of the
// two high bits, one of scales; then d of all blocks. In each half of 128 weights, weight 32 t + l has its low nibble
// in byte 32 (t mod 2) + l, in the low half for t < 2 and the high half for t > 1; its high bits are in byte l at bit
// 2 t. docs/spec/gguf.md §8.2.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec4<u32>>; // [13 hidden / 256, rows], then f16 of blocks
#include "lib/scales.wgsl"

fn {W}_six_bits(low: vec4<u32>, high: vec4<u32>, t: u32) -> vec4<u32> {
  return ((low >> vec4<u32>((t & 2u) << 1u)) & vec4<u32>(0x0f0f0f0fu))
    | (((high >> vec4<u32>(t << 1u)) & vec4<u32>(0x03030303u)) << vec4<u32>(4u));
}

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = ((row * m.hidden) >> 8u) + (g >> 3u);
  let body = (m.first >> 2u) + 13u * block;
  let t = g & 3u;
  let half = (g >> 2u) & 1u;
  let low = body + 4u * half + 2u * (t & 1u);
  let high = body + 8u + 2u * half;
  let q = bytes32({W}_six_bits({W}[low], {W}[high], t), {W}_six_bits({W}[low + 1u], {W}[high + 1u], t));
  let signs = signed_bytes({W}[body + 12u][(g >> 1u) & 3u]) * BYTE_UNIT;
  let scale = {W}_scale(m, block) * select(signs.xy, signs.zw, (g & 1u) == 1u);
  return Group(q, scale, -32.0 * scale);
}
