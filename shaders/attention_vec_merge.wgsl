// attention_vec_merge: puts together what attention_vec made of the splits of one head. A workgroup is a head.
struct Params {
  dst_first: u32, // vec4s
  step_first: u32,
  chunk: u32, // tokens; 0: none
  splits: u32, // room for them
  fours: u32, // headDim / 4
  block: u32, // positions, as attention_vec has them
}

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [headDim / 4, heads]
@group(0) @binding({BINDING}) var<storage, read> splits: array<vec4<f32>>; // [headDim / 4 + 1, splits, heads]
@group(0) @binding({BINDING}) var<storage, read> step: array<u32>;
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/splits.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  if (id.x >= params.fours) { return; }
  var pos = step[params.step_first];
  if (params.chunk > 0u) { pos %= params.chunk; }
  let used = pos / split_length(pos + 1u, params.splits, params.block) + 1u;
  let width = params.fours + 1u;
  let first = group.x * params.splits * width;

  var highest = splits[first + params.fours].x;
  for (var s = 1u; s < used; s++) { highest = max(highest, splits[first + s * width + params.fours].x); }
  var weight = 0.0;
  var sum = vec4<f32>();
  for (var s = 0u; s < used; s++) {
    let at = first + s * width;
    let of_split = splits[at + params.fours]; // maximum, sum of weights
    let scale = exp(of_split.x - highest);
    weight += scale * of_split.y;
    sum += scale * splits[at + id.x];
  }
  dst[params.dst_first + group.x * params.fours + id.x] = sum / weight;
}
