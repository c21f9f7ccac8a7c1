
// {W}_five_bits returns the numbers of a block of 32 in two halves of 16, four in a word: nibbles, the low ones first,
// and bit i of fifth is the fifth bit of number i. The product puts the four bits of a word's numbers into its bytes.
fn {W}_five_bits(nibbles: vec4<u32>, fifth: u32, half: u32) -> vec4<u32> {
  let bits = (vec4<u32>(fifth >> (half << 4u)) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u);
  let spread = (bits * vec4<u32>(0x00204081u)) & vec4<u32>(0x01010101u);
  return ((nibbles >> vec4<u32>(half << 2u)) & vec4<u32>(0x0f0f0f0fu)) | (spread << vec4<u32>(4u));
}
