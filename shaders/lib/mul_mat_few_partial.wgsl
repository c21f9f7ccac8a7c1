#include "lib/{TYPE}.wgsl"
#if BIAS
@group(0) @binding({BINDING}) var<storage, read> {W}_bias: array<vec4<f32>>; // [rows / 4]
#endif

// {W}_partial adds a lane's part of rows 4 row_group … 4 row_group + 3 to the sums of each column; the bias is in the
// part of the first lane.
fn {W}_partial(m: Matrix, row_group: u32, column: u32, lane: u32) {
#if BIAS
  if (lane == 0u) {
    for (var t = 0u; t < COLUMNS; t++) { sums[t] = {W}_bias[row_group]; }
  }
#endif
  let end = groups(m);
  let row = row_group << 2u;
  for (var g = lane; g < end; g += LANES) {
    let a = {W}_group(m, row, g);
    let b = {W}_group(m, row + 1u, g);
    let c = {W}_group(m, row + 2u, g);
    let d = {W}_group(m, row + 3u, g);
    for (var t = 0u; t < COLUMNS; t++) {
      let acts = activations(vector(column + t), m.hidden, g);
      sums[t] += vec4<f32>(dot_group(a, acts), dot_group(b, acts), dot_group(c, acts), dot_group(d, acts));
    }
  }
}
