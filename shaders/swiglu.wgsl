// swiglu: dst[i, t] = silu(gu[i, t]) · gu[width + i, t], with silu(z) = z / (1 + exp(-z)). One invocation for each
// element.
struct Params {
  width: u32,
  n: u32,
  dst_first: u32,
  gu_first: u32,
}

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<f32>; // [width, n]
@group(0) @binding({BINDING}) var<storage, read> gu: array<f32>; // [2 width, n]
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/silu.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let k = (workgroup_id.y * grid.x + workgroup_id.x) * 256u + id.x;
  if (k >= params.width * params.n) { return; }

  let t = k / params.width;
  let gate = params.gu_first + t * params.width + k;
  dst[params.dst_first + k] = silu(gu[gate]) * gu[gate + params.width];
}
