
// The f16 scale d of a block.
fn {W}_scale(m: Matrix, block: u32) -> f32 {
  let word = m.scales + (block >> 1u);
  return half_of({W}[word >> 2u][word & 3u], block);
}
