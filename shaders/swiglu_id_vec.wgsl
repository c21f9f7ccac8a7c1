// swiglu_id_vec: h = silu(s gate_e x) * (s up_e x) for each choice (e, s) of one token, then the shared expert's
// silu(gate x) * (up x). As swiglu_vec; the teams go through the rows of the choices one after another, and which
// slot's rows they are is read from choice.
struct Params {
  gate: Matrix,
  up: Matrix,
  shared_gate: Matrix,
  shared_up: Matrix,
  gate_stride: u32, // words from one slot to the next
  up_stride: u32,
  choices: u32,
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
  choice_first: u32,
}

const LANES = {LANES}u;
const TEAMS = {TEAMS}u;

#include "lib/group.wgsl"
#include "lib/experts.wgsl"
@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [(k width + shared width) / 4]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4]
@group(0) @binding({BINDING}) var<storage, read> choice: array<Choice>; // [k]
#include "lib/activations.wgsl"
#include "lib/swiglu_part.wgsl" GATE=gate UP=up GATE_TYPE={TYPE0} UP_TYPE={TYPE1}
#include "lib/swiglu_part.wgsl" GATE=shared_gate UP=shared_up GATE_TYPE={TYPE2} UP_TYPE={TYPE3}
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_teams.wgsl" SHARE=mat2x4<f32>
#include "lib/silu.wgsl"

// share is a lane's part of four rows of gate and up, counted in fours through the choices and the shared expert. The
// weight may scale the product as well as x.
fn share(four: u32, lane: u32) -> mat2x4<f32> {
  let fours = params.gate.rows >> 2u;
  let j = four / fours;
  if (j >= params.choices) {
    return shared_gate_share(params.shared_gate, params.shared_up, four - params.choices * fours, lane);
  }
  let chosen = choice[params.choice_first + j];
  let gate_matrix = matrix_in(chosen.slot, params.gate, params.gate_stride);
  let up_matrix = matrix_in(chosen.slot, params.up, params.up_stride);
  return gate_share(gate_matrix, up_matrix, four % fours, lane) * chosen.weight;
}

@compute @workgroup_size({LANES}, {TEAMS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let four = (group.y * grid.x + group.x) * TEAMS + id.y;
  let sum = reduce_teams(share(four, id.x), id.xy);
  let fours = (params.choices * params.gate.rows + params.shared_gate.rows) >> 2u;
  if (id.x == 0u && four < fours) {
    let g = sum[0];
    dst[params.dst_first + four] = vec4<f32>(silu(g.x), silu(g.y), silu(g.z), silu(g.w)) * sum[1];
  }
}
