// Q4_K: w = d scale nibble - dmin min. Blocks of 256 in nine vec4s as in the file: one of d, dmin and 12 bytes of
// scales and minimums, eight of nibbles. Each 32 bytes have group 2 i in their low nibbles and 2 i + 1 in their high
// ones. docs/spec/gguf.md §8.2.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec4<u32>>; // [9 hidden / 256, rows]
#include "lib/k_scales.wgsl"

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = (m.first >> 2u) + 9u * (((row * m.hidden) >> 8u) + (g >> 3u));
  let j = g & 7u;
  let header = {W}[block];
  let scale = unpack2x16float(header.x) * {W}_k_scales(header.yzw, j);
  let qs = block + 1u + (j & 6u);
  let shift = vec4<u32>((j & 1u) << 2u);
  let mask = vec4<u32>(0x0f0f0f0fu);
  return Group(
    bytes32(({W}[qs] >> shift) & mask, ({W}[qs + 1u] >> shift) & mask), vec2<f32>(scale.x), vec2<f32>(-scale.y));
}
