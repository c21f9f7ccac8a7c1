
// {W}_scale returns the f16 scale d of a block.
fn {W}_scale(m: Matrix, block: u32) -> f32 {
  let word = m.scales + (block >> 1u);
  return f16_half({W}[word >> 2u][word & 3u], block);
}
