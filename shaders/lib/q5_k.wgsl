// Q5_K: Q4_K with a fifth bit. Blocks of 256 in eleven vec4s as in the file: the header of Q4_K, two of fifth bits
// (bit j of byte i belongs to weight i of group j), eight of nibbles. docs/spec/gguf.md §8.2.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec4<u32>>; // [11 hidden / 256, rows]
#include "lib/k_scales.wgsl"

fn {W}_five_bits(nibbles: vec4<u32>, fifth: vec4<u32>, j: u32) -> vec4<u32> {
  return ((nibbles >> vec4<u32>((j & 1u) << 2u)) & vec4<u32>(0x0f0f0f0fu))
    | (((fifth >> vec4<u32>(j)) & vec4<u32>(0x01010101u)) << vec4<u32>(4u));
}

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = (m.first >> 2u) + 11u * (((row * m.hidden) >> 8u) + (g >> 3u));
  let j = g & 7u;
  let header = {W}[block];
  let scale = unpack2x16float(header.x) * {W}_k_scales(header.yzw, j);
  let qs = block + 3u + (j & 6u);
  let lo = {W}_five_bits({W}[qs], {W}[block + 1u], j);
  let hi = {W}_five_bits({W}[qs + 1u], {W}[block + 2u], j);
  return Group(bytes32(lo, hi), vec2<f32>(scale.x), vec2<f32>(-scale.y));
}
