// split_length returns how many of count positions each split has: whole blocks but for the last.
fn split_length(count: u32, splits: u32, block: u32) -> u32 {
  let blocks = (count + block - 1u) / block;
  return (blocks + splits - 1u) / splits * block;
}
