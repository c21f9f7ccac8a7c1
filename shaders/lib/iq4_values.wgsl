
// {W}_values returns the signed bytes that the nibbles of 16 bytes stand for, the low nibbles first. The 16 values are
// closer together around zero: -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113.
fn {W}_values(qs: vec4<u32>) -> array<vec4<f32>, 8> {
  let high = qs >> vec4<u32>(4u);
  return array<vec4<f32>, 8>({W}_value4(qs.x), {W}_value4(qs.y), {W}_value4(qs.z), {W}_value4(qs.w),
                             {W}_value4(high.x), {W}_value4(high.y), {W}_value4(high.z), {W}_value4(high.w));
}

// {W}_value4 returns the values of the low nibbles of a word's bytes.
fn {W}_value4(word: u32) -> vec4<f32> {
  return signed_bytes({W}_value(word) | ({W}_value(word >> 8u) << 8u)
    | ({W}_value(word >> 16u) << 16u) | ({W}_value(word >> 24u) << 24u));
}

// {W}_value returns the value of the lowest nibble of a word, as a byte.
fn {W}_value(word: u32) -> u32 {
  let negative = select(0xbfad9881u, 0xf6eaddcfu, (word & 4u) != 0u);
  let positive = select(0x26190d01u, 0x71594535u, (word & 4u) != 0u);
  return byte_of(select(negative, positive, (word & 8u) != 0u), word);
}
