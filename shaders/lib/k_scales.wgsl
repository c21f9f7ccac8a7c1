
// {W}_k_scales returns the 6-bit scale and minimum of group j of a Q4_K or Q5_K block; s is the block's 12 bytes of
// them. The first four groups have them in the low 6 bits of bytes j and j + 4; the others in the nibbles of byte j +
// 4, with the two high bits from the top of bytes j - 4 and j. docs/spec/gguf.md §8.2.
fn {W}_k_scales(s: vec3<u32>, j: u32) -> vec2<f32> {
  let a = byte_of(s.x, j);
  let b = byte_of(s.y, j);
  let c = byte_of(s.z, j);
  let early = vec2<u32>(a & 63u, b & 63u);
  let late = vec2<u32>((c & 15u) | ((a >> 6u) << 4u), (c >> 4u) | ((b >> 6u) << 4u));
  return vec2<f32>(select(late, early, j < 4u));
}
