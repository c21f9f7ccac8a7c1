#include "lib/choice.wgsl"

// matrix_in returns the matrix in a slot: m is the matrix of slot 0, the others follow every stride words.
fn matrix_in(slot: u32, m: Matrix, stride: u32) -> Matrix {
  let at = slot * stride;
  return Matrix(m.first + at, m.scales + at, m.hidden, m.rows);
}
