// group_tokens: where each expert's list of choices begins, then the lists, each in the order of its tokens.
//
// A workgroup makes one expert's list. Each of its lanes looks through a stretch of the choices; how many of the list
// lie in the stretches before, it learns from the other lanes' counts. So the order is fixed and nothing is raced for.
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

// Of a stretch of choices: those of lower experts, and those of this one.
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
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let expert = group.x;
  let stretch = (params.choices + LANES - 1u) / LANES;
  let first = lane * stretch;
  let end = min(first + stretch, params.choices);
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
