#include "lib/mul_mat_vec_rows.wgsl"
#if BIAS
@group(0) @binding({BINDING}) var<storage, read> {W}_bias: array<vec4<f32>>; // [rows / 4]
#endif

// {W}_partial returns a lane's part of rows 4 row_group … 4 row_group + 3 times the vector that begins at vec4 first;
// the bias is in the part of the first lane.
fn {W}_partial(m: Matrix, first: u32, row_group: u32, lane: u32) -> vec4<f32> {
  var sum = vec4<f32>();
#if BIAS
  if (lane == 0u) { sum = {W}_bias[row_group]; }
#endif
  let end = groups(m);
  for (var g = lane; g < end; g += LANES) {
    sum += {W}_dots(m, row_group << 2u, g, activations(first, m.hidden, g));
  }
  return sum;
}
