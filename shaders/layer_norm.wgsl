// layer_norm: dst[:, t] = w · (x[:, t] - mean) / sqrt(variance + eps) + b. One workgroup for each token. The variance
// is computed in a second pass, from differences to the mean: E[x²] - mean² would cancel where the mean is large.
struct Params {
  width: u32,
  n: u32,
  dst_first: u32,
  x_first: u32,
  w_first: u32,
  b_first: u32,
  eps: f32,
}

const LANES = {LANES}u;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<f32>; // [width, n]
@group(0) @binding({BINDING}) var<storage, read> x: array<f32>; // [width, n]
@group(0) @binding({BINDING}) var<storage, read> w: array<f32>; // [width]
@group(0) @binding({BINDING}) var<storage, read> b: array<f32>; // [width]
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_sum.wgsl"

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let t = workgroup_id.y * grid.x + workgroup_id.x;
  if (t >= params.n) { return; }

  let x_at = params.x_first + t * params.width;
  var sum = 0.0;
  for (var i = id.x; i < params.width; i += LANES) { sum += x[x_at + i]; }
  let mean = reduce_sum(sum, id.x) / f32(params.width);

  var squares = 0.0;
  for (var i = id.x; i < params.width; i += LANES) {
    let off = x[x_at + i] - mean;
    squares += off * off;
  }
  let variance = reduce_sum(squares, id.x) / f32(params.width);
  let scale = 1.0 / sqrt(variance + params.eps);

  let dst_at = params.dst_first + t * params.width;
  for (var i = id.x; i < params.width; i += LANES) {
    dst[dst_at + i] = w[params.w_first + i] * ((x[x_at + i] - mean) * scale) + b[params.b_first + i];
  }
}
