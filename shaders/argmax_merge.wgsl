// argmax_merge: dst[0] = the index of the largest logit, the lowest index on a tie, from the results of argmax for each
// part. One workgroup, one invocation for each part.
struct Params {
  parts: u32,
  dst_first: u32,
}

const LANES = {LANES}u;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<u32>; // [1]
@group(0) @binding({BINDING}) var<storage, read> found: array<vec2<u32>>; // [parts]: bits of the logit, index
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_largest.wgsl"

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let own = found[min(id.x, params.parts - 1u)];
  let largest = reduce_largest(Candidate(bitcast<f32>(own.x), own.y), id.x);
  if (id.x == 0u) { dst[params.dst_first] = largest.index; }
}
