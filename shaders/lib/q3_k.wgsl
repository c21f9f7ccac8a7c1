// Q3_K: w = d (scale - 32) (q - 4), a scale for 16 weights. Bodies of 27 words: eight of third bits (bit j of byte l
// belongs to weight l of group j), 16 of the lower two bits, three of 6-bit scales; then d of all blocks. In each half
// of 128 weights, byte l of the lower bits has weight 32 t + l at bit 2 t. docs/spec/gguf.md §8.2.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<u32>; // [27 hidden / 256, rows], then f16 of blocks

fn {W}_three_bits(third: u32, pairs: u32, j: u32) -> vec4<u32> {
  let h = vec4<u32>({W}[third], {W}[third + 1u], {W}[third + 2u], {W}[third + 3u]);
  let q = vec4<u32>({W}[pairs], {W}[pairs + 1u], {W}[pairs + 2u], {W}[pairs + 3u]);
  return ((q >> vec4<u32>((j & 3u) << 1u)) & vec4<u32>(0x03030303u))
    | (((h >> vec4<u32>(j)) & vec4<u32>(0x01010101u)) << vec4<u32>(2u));
}

// {W}_scales returns scales 2 j and 2 j + 1 of the block's 16, for the two halves of group j. Their low nibbles are in
// eight bytes, their two high bits in four more.
fn {W}_scales(word: u32, j: u32) -> vec2<f32> {
  let low = ({W}[word + ((j >> 1u) & 1u)] >> ((j & 1u) << 4u)) >> (j & 4u);
  let high = ({W}[word + 2u] >> ((j & 1u) << 4u)) >> (j & 6u);
  let s = vec2<u32>(low & 15u, (low >> 8u) & 15u) | (vec2<u32>(high & 3u, (high >> 8u) & 3u) << vec2<u32>(4u));
  return vec2<f32>(s) - 32.0;
}

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = ((row * m.hidden) >> 8u) + (g >> 3u);
  let body = m.first + 27u * block;
  let j = g & 7u;
  let pairs = body + 8u + 8u * (j >> 2u);
  let q = bytes32({W}_three_bits(body, pairs, j), {W}_three_bits(body + 4u, pairs + 4u, j));
  let scale = f16_half({W}[m.scales + (block >> 1u)], block) * {W}_scales(body + 24u, j);
  return Group(q, scale, -4.0 * scale);
}
