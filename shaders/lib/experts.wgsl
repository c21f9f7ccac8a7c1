#include "lib/choice.wgsl"

// slot_of says in which slot of the weights an expert lies. All experts have one, in their order.
fn slot_of(expert: u32) -> u32 { return expert; }

// expert_matrix is the matrix of one expert: m is that of slot 0, the others follow every stride words.
fn expert_matrix(m: Matrix, stride: u32, expert: u32) -> Matrix {
  let at = slot_of(expert) * stride;
  return Matrix(m.first + at, m.scales + at, m.hidden, m.rows);
}
