#include "lib/mul_mat_vec_rows.wgsl"
#if BIAS
@group(0) @binding({BINDING}) var<storage, read> {W}_bias: array<vec4<f32>>; // [rows / 4]
#endif

// A lane's share of rows 4 four … 4 four + 3 times the vector from vec4 first on; the first lane's has the bias.
fn {W}_share(m: Matrix, first: u32, four: u32, lane: u32) -> vec4<f32> {
  var sum = vec4<f32>();
#if BIAS
  if (lane == 0u) { sum = {W}_bias[four]; }
#endif
  let end = groups(m);
  for (var g = lane; g < end; g += LANES) {
    sum += {W}_dots(m, four << 2u, g, activations(first, m.hidden, g));
  }
  return sum;
}
