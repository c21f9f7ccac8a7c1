#include "lib/mul_mat_vec_rows.wgsl" W={GATE} TYPE={GATE_TYPE}
#include "lib/mul_mat_vec_rows.wgsl" W={UP} TYPE={UP_TYPE}

// {GATE}_partial returns a lane's part of rows 4 row_group … 4 row_group + 3 of a gate and its up, zeros past their
// end.
fn {GATE}_partial(g_matrix: Matrix, u_matrix: Matrix, row_group: u32, lane: u32) -> mat2x4<f32> {
  var gate_sum = vec4<f32>();
  var up_sum = vec4<f32>();
  let end = select(0u, groups(g_matrix), row_group < (g_matrix.rows >> 2u));
  for (var g = lane; g < end; g += LANES) {
    let a = activations(params.x_first, g_matrix.hidden, g);
    gate_sum += {GATE}_dots(g_matrix, row_group << 2u, g, a);
    up_sum += {UP}_dots(u_matrix, row_group << 2u, g, a);
  }
  return mat2x4<f32>(gate_sum, up_sum);
}
