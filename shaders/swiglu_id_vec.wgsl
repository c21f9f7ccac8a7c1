// swiglu_id_vec: h = silu(s gate_e x) * (s up_e x) for each choice (e, s) of one token, then the shared expert's
// silu(gate x) * (up x). As swiglu_vec, with the row groups of all choices one after another; the slot of a choice's
// matrices is read from choice.
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
const ROW_GROUPS = {ROW_GROUPS}u;

#include "lib/group.wgsl"
#include "lib/experts.wgsl"
@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [(k width + shared width) / 4]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4]
@group(0) @binding({BINDING}) var<storage, read> choice: array<Choice>; // [k]
#include "lib/activations.wgsl"
#include "lib/swiglu_partial.wgsl" GATE=gate UP=up GATE_TYPE={TYPE0} UP_TYPE={TYPE1}
#include "lib/swiglu_partial.wgsl" GATE=shared_gate UP=shared_up GATE_TYPE={TYPE2} UP_TYPE={TYPE3}
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_lanes.wgsl" SUM=mat2x4<f32>
#include "lib/silu.wgsl"

// partial_sum returns a lane's part of a row group of gate and of up, numbered through the choices and the shared
// expert. It scales the product by the choice's weight, which is the same as scaling x.
fn partial_sum(row_group: u32, lane: u32) -> mat2x4<f32> {
  let row_groups = params.gate.rows >> 2u;
  let j = row_group / row_groups;
  if (j >= params.choices) {
    return shared_gate_partial(params.shared_gate, params.shared_up, row_group - params.choices * row_groups, lane);
  }
  let chosen = choice[params.choice_first + j];
  let gate_matrix = matrix_in(chosen.slot, params.gate, params.gate_stride);
  let up_matrix = matrix_in(chosen.slot, params.up, params.up_stride);
  return gate_partial(gate_matrix, up_matrix, row_group % row_groups, lane) * chosen.weight;
}

@compute @workgroup_size({LANES}, {ROW_GROUPS})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let row_group = (workgroup_id.y * grid.x + workgroup_id.x) * ROW_GROUPS + id.y;
  let sum = reduce_lanes(partial_sum(row_group, id.x), id.xy);
  let row_groups = (params.choices * params.gate.rows + params.shared_gate.rows) >> 2u;
  if (id.x == 0u && row_group < row_groups) {
    let g = sum[0];
    dst[params.dst_first + row_group] = vec4<f32>(silu(g.x), silu(g.y), silu(g.z), silu(g.w)) * sum[1];
  }
}
