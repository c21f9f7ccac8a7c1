// router: each token's k experts by the logits w x, the largest first and the lowest number on a tie, with the slot
// of each and sigmoid(logit).
//
// A workgroup computes one token. LANES invocations sum a row group of w, which is four logits; ROW_GROUPS of them
// are computed at a time. Then an invocation for each expert counts the experts before it in that order, and writes
// its choice if they are fewer than k.
struct Params {
  hidden: u32,
  experts: u32, // at most 256
  k: u32,
  tokens: u32,
  dst_first: u32,
  x_first: u32, // vec4s
  slots_first: u32,
  number: u32, // of the router in its program, counted from 1
}

const LANES = {LANES}u;
const ROW_GROUPS = {ROW_GROUPS}u;

#include "lib/choice.wgsl"
@group(0) @binding({BINDING}) var<storage, read_write> dst: array<Choice>; // [k, n]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4, n]
@group(0) @binding({BINDING}) var<storage, read> w: array<vec4<f32>>; // [hidden / 4, experts]
#if SLOTS
@group(0) @binding({BINDING}) var<storage, read> slots: array<u32>; // [experts]

fn slot_of(expert: u32) -> u32 { return slots[params.slots_first + expert]; }
#else
fn slot_of(expert: u32) -> u32 { return expert; }
#endif
#if GUARD
@group(0) @binding({BINDING}) var<storage, read_write> guard: array<u32>; // [1]
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/silu.wgsl"

const INVOCATIONS = LANES * ROW_GROUPS;

var<workgroup> partials: array<vec4<f32>, INVOCATIONS>;
var<workgroup> logits: array<vec4<f32>, 64>;

// partial_logits returns a lane's part of the logits of experts 4 row_group … 4 row_group + 3. The logits of experts
// past the last are never used.
fn partial_logits(token: u32, row_group: u32, lane: u32) -> vec4<f32> {
  let vec4s = params.hidden >> 2u;
  let row = 4u * row_group * vec4s;
  let first = params.x_first + token * vec4s;
  var sum = vec4<f32>();
  for (var i = lane; i < vec4s; i += LANES) {
    let a = x[first + i];
    sum += vec4<f32>(
      dot(w[row + i], a), dot(w[row + vec4s + i], a),
      dot(w[row + 2u * vec4s + i], a), dot(w[row + 3u * vec4s + i], a));
  }
  return sum;
}

// compute_logits computes ROW_GROUPS row groups of logits from first_row_group on. All lanes call it together.
fn compute_logits(token: u32, first_row_group: u32, id: vec2<u32>) {
  let row_group = first_row_group + id.y;
  let at = id.y * LANES + id.x;
  partials[at] = partial_logits(token, row_group, id.x);
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (id.x < half) { partials[at] += partials[at + half]; }
  }
  if (id.x == 0u) { logits[row_group] = partials[at]; }
  workgroupBarrier();
}

fn logit(expert: u32) -> f32 { return logits[expert >> 2u][expert & 3u]; }

// rank returns the number of experts before this one, in the order of the choices.
fn rank(expert: u32) -> u32 {
  let own = logit(expert);
  var before = 0u;
  for (var e = 0u; e < params.experts; e++) {
    let other = logit(e);
    before += u32(other > own || (other == own && e < expert));
  }
  return before;
}

#if GUARD
var<workgroup> stopped: bool;

// read_guard keeps the guard's value in workgroup memory. A barrier comes before any lane may write the guard.
fn read_guard(at: u32) {
  if (at == 0u) { stopped = guard[0] != 0u; }
}

// write_choice writes a choice. If its expert is in no slot, it sets the guard, which stops the kernels that follow.
fn write_choice(position: u32, choice: Choice) {
  if (stopped) { return; }
  dst[position] = choice;
  if (choice.slot == MISSING) { guard[0] = params.number; }
}
#else
fn read_guard(at: u32) {}

fn write_choice(position: u32, choice: Choice) { dst[position] = choice; }
#endif

@compute @workgroup_size({LANES}, {ROW_GROUPS})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let token = workgroup_id.y * grid.x + workgroup_id.x;
  if (token >= params.tokens) { return; }
  let at = id.y * LANES + id.x;
  read_guard(at);
  for (var row_group = 0u; row_group < (params.experts + 3u) / 4u; row_group += ROW_GROUPS) {
    compute_logits(token, row_group, id.xy);
  }

  for (var e = at; e < params.experts; e += INVOCATIONS) {
    let position = rank(e);
    if (position < params.k) {
      write_choice(params.dst_first + token * params.k + position, Choice(e, slot_of(e), sigmoid(logit(e))));
    }
  }
}
