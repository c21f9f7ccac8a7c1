// attention_vec_merge: merges the results of attention_vec for the splits of each head. One workgroup for each head.
struct Params {
  dst_first: u32, // vec4s
  step_first: u32,
  window: u32, // positions; 0 for no window
  splits: u32, // in the tensor; the first ones have positions
  head_vec4s: u32, // headDim / 4
  block: u32, // positions in a block of attention_vec
}

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [headDim / 4, heads]
@group(0) @binding({BINDING}) var<storage, read> splits: array<vec4<f32>>; // [headDim / 4 + 1, splits, heads]
@group(0) @binding({BINDING}) var<storage, read> step: array<u32>;
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/splits.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  if (id.x >= params.head_vec4s) { return; }
  var pos = step[params.step_first];
  if (params.window > 0u) { pos %= params.window; }
  let count = pos / split_length(pos + 1u, params.splits, params.block) + 1u;
  let width = params.head_vec4s + 1u;
  let first = workgroup_id.x * params.splits * width;

  var max_score = splits[first + params.head_vec4s].x;
  for (var s = 1u; s < count; s++) { max_score = max(max_score, splits[first + s * width + params.head_vec4s].x); }
  var weight = 0.0;
  var sum = vec4<f32>();
  for (var s = 0u; s < count; s++) {
    let at = first + s * width;
    let statistics = splits[at + params.head_vec4s]; // maximum score, sum of weights
    let scale = exp(statistics.x - max_score);
    weight += scale * statistics.y;
    sum += scale * splits[at + id.x];
  }
  dst[params.dst_first + workgroup_id.x * params.head_vec4s + id.x] = sum / weight;
}
