// argmax: the largest logit and its index, of each part of the logits; argmax_merge finishes. One workgroup a part.
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
#include "lib/best.wgsl"

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let begin = group.x * params.part;
  let end = min(begin + params.part, params.vocab);
  var best = Best(logits[params.logits_first + begin], begin);
  for (var i = begin + id.x; i < end; i += LANES) {
    best = better(best, Best(logits[params.logits_first + i], i));
  }
  best = reduce_best(best, id.x);
  if (id.x == 0u) { found[group.x] = vec2<u32>(bitcast<u32>(best.logit), best.at); }
}
