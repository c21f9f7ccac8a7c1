// group_tokens: the place at which each expert's list of choices begins, then the lists, each in the order of the
// tokens.
//
// A workgroup writes one expert's list. Each lane counts the choices in a range. The counts of lower experts are
// where the list begins, and those of the lanes before it are where a lane's own choices go, so that the order does
// not depend on timing.
struct Params {
  choices: u32, // n k
  experts: u32,
  dst_first: u32,
  choice_first: u32,
}

const LANES = {LANES}u;

#include "lib/choice.wgsl"
@group(0) @binding({BINDING}) var<storage, read_write> dst: array<u32>; // [experts + 1 + n k]
@group(0) @binding({BINDING}) var<storage, read> choice: array<Choice>; // [n k]
@group(0) @binding({BINDING}) var<uniform> params: Params;

// Count is how many choices of a range are of lower experts, and how many of this one.
struct Count {
  lower: u32,
  own: u32,
}

var<workgroup> counts: array<Count, LANES>;

fn expert_of(c: u32) -> u32 { return choice[params.choice_first + c].expert; }

fn count(expert: u32, first: u32, end: u32) -> Count {
  var n: Count;
  for (var c = first; c < end; c++) {
    let e = expert_of(c);
    n.lower += u32(e < expert);
    n.own += u32(e == expert);
  }
  return n;
}

@compute @workgroup_size({LANES})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let expert = workgroup_id.x;
  let per_lane = (params.choices + LANES - 1u) / LANES;
  let first = lane * per_lane;
  let end = min(first + per_lane, params.choices);
  counts[lane] = count(expert, first, end);
  workgroupBarrier();

  var begin = 0u;
  var before = 0u;
  for (var i = 0u; i < LANES; i++) {
    begin += counts[i].lower;
    before += select(0u, counts[i].own, i < lane);
  }
  if (lane == 0u) { dst[params.dst_first + expert] = begin; }
  if (lane == 0u && expert == 0u) { dst[params.dst_first + params.experts] = params.choices; }
  var at = params.dst_first + params.experts + 1u + begin + before;
  for (var c = first; c < end; c++) {
    if (expert_of(c) == expert) {
      dst[at] = c;
      at++;
    }
  }
}
