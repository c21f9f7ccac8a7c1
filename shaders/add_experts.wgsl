// add_experts: dst[:, t] += Σ y[:, k t + j] over j, the outputs of a token's k experts. One invocation for each
// element.
struct Params {
  hidden: u32,
  n: u32,
  k: u32,
  dst_first: u32,
  y_first: u32,
}

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<f32>; // [hidden, n]
@group(0) @binding({BINDING}) var<storage, read> y: array<f32>; // [hidden, k, n]
@group(0) @binding({BINDING}) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let i = (workgroup_id.y * grid.x + workgroup_id.x) * 256u + id.x;
  if (i >= params.hidden * params.n) { return; }

  let first = params.y_first + (i / params.hidden) * params.hidden * params.k + i % params.hidden;
  var sum = dst[params.dst_first + i];
  for (var j = 0u; j < params.k; j++) { sum += y[first + j * params.hidden]; }
  dst[params.dst_first + i] = sum;
}
