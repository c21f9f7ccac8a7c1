#include "lib/{TYPE}.wgsl"
#if BIAS
@group(0) @binding({BINDING}) var<storage, read> {W}_bias: array<vec4<f32>>; // [rows / 4]
#endif

// A lane's share of rows 4 four … 4 four + 3; the first lane's has the bias.
fn {W}_rows(m: Matrix, four: u32, lane: u32) -> vec4<f32> {
  var sum = vec4<f32>();
#if BIAS
  if (lane == 0u) { sum = {W}_bias[four]; }
#endif
  let row = four << 2u;
  for (var g = lane; g < groups(m); g += LANES) {
    let a = activations(params.x_first, m.hidden, g);
    sum.x += dot_group({W}_group(m, row, g), a);
    sum.y += dot_group({W}_group(m, row + 1u, g), a);
    sum.z += dot_group({W}_group(m, row + 2u, g), a);
    sum.w += dot_group({W}_group(m, row + 3u, g), a);
  }
  return sum;
}
