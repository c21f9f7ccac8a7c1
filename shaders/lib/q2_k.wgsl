// Q2_K: w = d scale q - dmin min, both for 16 weights. Blocks of 256 in 21 words as in the file: four of scales (low
// nibble) and minimums (high), 16 of two-bit weights, one of d and dmin. In each half of 128 weights, byte l has weight
// 32 t + l at bit 2 t. docs/spec/gguf.md §8.2.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<u32>; // [21 hidden / 256, rows]

fn {W}_two_bits(word: u32, t: u32) -> vec4<u32> {
  let words = vec4<u32>({W}[word], {W}[word + 1u], {W}[word + 2u], {W}[word + 3u]);
  return (words >> vec4<u32>(t << 1u)) & vec4<u32>(0x03030303u);
}

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = m.first + 21u * (((row * m.hidden) >> 8u) + (g >> 3u));
  let j = g & 7u;
  let qs = block + 4u + 8u * (j >> 2u);
  let q = bytes32({W}_two_bits(qs, j & 3u), {W}_two_bits(qs + 4u, j & 3u));
  let both = {W}[block + (j >> 1u)] >> ((j & 1u) << 4u);
  let scales = vec2<f32>(vec2<u32>(both & 15u, (both >> 8u) & 15u));
  let mins = vec2<f32>(vec2<u32>((both >> 4u) & 15u, (both >> 12u) & 15u));
  let d = unpack2x16float({W}[block + 20u]);
  return Group(q, d.x * scales, -d.y * mins);
}
