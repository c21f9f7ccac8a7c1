// mul_mat_id_vec: dst += Σ down_e h_e over the choices e of one token, + shared_down h of the shared expert. As
// mul_mat_vec, but a row group sums over the matrices of all choices, whose slots are read from choice.
struct Params {
  down: Matrix,
  shared_down: Matrix,
  down_stride: u32, // words from one slot to the next
  choices: u32,
  dst_first: u32, // vec4s, as h_first
  h_first: u32,
  choice_first: u32,
}

const LANES = {LANES}u;
const ROW_GROUPS = {ROW_GROUPS}u;

#include "lib/group.wgsl"
#include "lib/experts.wgsl"
@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [hidden / 4]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [(k width + shared width) / 4]: h
@group(0) @binding({BINDING}) var<storage, read> choice: array<Choice>; // [k]
#include "lib/activations.wgsl"
#include "lib/mul_mat_vec_partial.wgsl" W=down TYPE={TYPE0} BIAS=0
#include "lib/mul_mat_vec_partial.wgsl" W=shared_down TYPE={TYPE1} BIAS=0
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_lanes.wgsl" SUM=vec4<f32>

// partial_sum returns a lane's part of a row group, over all products.
fn partial_sum(row_group: u32, lane: u32) -> vec4<f32> {
  if (row_group >= (params.down.rows >> 2u)) { return vec4<f32>(); }
  var sum = vec4<f32>();
  var h = params.h_first;
  for (var j = 0u; j < params.choices; j++) {
    let m = matrix_in(choice[params.choice_first + j].slot, params.down, params.down_stride);
    sum += down_partial(m, h, row_group, lane);
    h += m.hidden >> 2u;
  }
  return sum + shared_down_partial(params.shared_down, h, row_group, lane);
}

@compute @workgroup_size({LANES}, {ROW_GROUPS})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let row_group = (workgroup_id.y * grid.x + workgroup_id.x) * ROW_GROUPS + id.y;
  let sum = reduce_lanes(partial_sum(row_group, id.x), id.xy);
  if (id.x == 0u && row_group < (params.down.rows >> 2u)) { dst[params.dst_first + row_group] += sum; }
}
