// argmax: the largest logit and its index in each part of the logits, for argmax_merge. One workgroup for each part.
struct Params {
  vocab: u32,
  logits_first: u32,
  part: u32, // logits in a part
}

const LANES = 256u;

@group(0) @binding({BINDING}) var<storage, read_write> found: array<vec2<u32>>; // [parts]: bits of the logit, index
@group(0) @binding({BINDING}) var<storage, read> logits: array<f32>; // [vocab]
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_largest.wgsl"

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let begin = workgroup_id.x * params.part;
  let end = min(begin + params.part, params.vocab);
  var largest = Candidate(logits[params.logits_first + begin], begin);
  for (var i = begin + id.x; i < end; i += LANES) {
    largest = larger(largest, Candidate(logits[params.logits_first + i], i));
  }
  largest = reduce_largest(largest, id.x);
  if (id.x == 0u) { found[workgroup_id.x] = vec2<u32>(bitcast<u32>(largest.logit), largest.index); }
}
