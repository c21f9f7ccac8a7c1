// gelu: x = x · ½ (1 + erf(x / √2)), in place. One invocation for each element.
struct Params {
  count: u32,
  x_first: u32,
}

@group(0) @binding({BINDING}) var<storage, read_write> x: array<f32>; // [width, n]
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/erf.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let i = (workgroup_id.y * grid.x + workgroup_id.x) * 256u + id.x;
  if (i >= params.count) { return; }

  let z = x[params.x_first + i];
  x[params.x_first + i] = 0.5 * z * (1.0 + erf(z * 0.70710678));
}
