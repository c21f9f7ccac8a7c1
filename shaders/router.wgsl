// router: each token's k experts by the logits w x, largest first and the lowest number on a tie,
// with the slot of each and sigmoid(logit).
//
// A workgroup makes one token: teams of LANES invocations sum four logits at a time; then, for each expert, an invocation
// counts the others that go before it, and writes it down if they are fewer than k.
struct Params {
  hidden: u32,
  experts: u32, // at most 256
  k: u32,
  tokens: u32,
  dst_first: u32,
  x_first: u32, // vec4s
  slots_first: u32,
  number: u32, // of the router in its program, from 1
}

const LANES = {LANES}u;
const TEAMS = {TEAMS}u;

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

const INVOCATIONS = LANES * TEAMS;

var<workgroup> shares: array<vec4<f32>, INVOCATIONS>;
var<workgroup> logits: array<vec4<f32>, 64>;

// share is a lane's part of the logits of experts 4 four … 4 four + 3; those past the last are not looked at.
fn share(token: u32, four: u32, lane: u32) -> vec4<f32> {
  let fours = params.hidden >> 2u;
  let row = 4u * four * fours;
  let first = params.x_first + token * fours;
  var sum = vec4<f32>();
  for (var i = lane; i < fours; i += LANES) {
    let a = x[first + i];
    sum += vec4<f32>(dot(w[row + i], a), dot(w[row + fours + i], a), dot(w[row + 2u * fours + i], a), dot(w[row + 3u * fours + i], a));
  }
  return sum;
}

// make_logits sums the logits of four experts a team.
fn make_logits(token: u32, first_four: u32, id: vec2<u32>) {
  let four = first_four + id.y;
  let at = id.y * LANES + id.x;
  shares[at] = share(token, four, id.x);
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (id.x < half) { shares[at] += shares[at + half]; }
  }
  if (id.x == 0u) { logits[four] = shares[at]; }
  workgroupBarrier();
}

fn logit(expert: u32) -> f32 { return logits[expert >> 2u][expert & 3u]; }

// rank is the number of experts that go before this one.
fn rank(expert: u32) -> u32 {
  let mine = logit(expert);
  var before = 0u;
  for (var e = 0u; e < params.experts; e++) {
    let other = logit(e);
    before += u32(other > mine || (other == mine && e < expert));
  }
  return before;
}

#if GUARD
var<workgroup> stopped: bool;

// look_at_guard keeps what the guard says before any lane may write there. A barrier comes between.
fn look_at_guard(at: u32) {
  if (at == 0u) { stopped = guard[0] != 0u; }
}

// seat writes down a choice, and stops what follows where its expert lies nowhere.
fn seat(place: u32, choice: Choice) {
  if (stopped) { return; }
  dst[place] = choice;
  if (choice.slot == MISSING) { guard[0] = params.number; }
}
#else
fn look_at_guard(at: u32) {}

fn seat(place: u32, choice: Choice) { dst[place] = choice; }
#endif

@compute @workgroup_size({LANES}, {TEAMS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let token = group.y * grid.x + group.x;
  if (token >= params.tokens) { return; }
  let at = id.y * LANES + id.x;
  look_at_guard(at);
  for (var four = 0u; four < (params.experts + 3u) / 4u; four += TEAMS) { make_logits(token, four, id.xy); }

  for (var e = at; e < params.experts; e += INVOCATIONS) {
    let place = rank(e);
    if (place < params.k) {
      seat(params.dst_first + token * params.k + place, Choice(e, slot_of(e), sigmoid(logit(e))));
    }
  }
}
