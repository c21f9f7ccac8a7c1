// mul_mat_vec: dst = W0 x | W1 x | W2 x, one vector with up to three matrices of any types, stacked along dst's rows.
//
// LANES invocations compute a row group, which is four consecutive rows; a workgroup computes ROW_GROUPS of them.
// Lane i has the groups of 32 weights i, i + LANES, … of each row, so that neighbouring lanes read neighbouring
// blocks. A lane keeps a group of activations in registers for all four rows.
struct Params {
  w0: Matrix,
  w1: Matrix,
  w2: Matrix,
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
}

const LANES = {LANES}u;
const ROW_GROUPS = {ROW_GROUPS}u;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [rows / 4]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4]
#include "lib/group.wgsl"
#include "lib/activations.wgsl"
#include "lib/mul_mat_vec_partial.wgsl" W=w0 TYPE={TYPE0}
#if TYPE1
#include "lib/mul_mat_vec_partial.wgsl" W=w1 TYPE={TYPE1}
#endif
#if TYPE2
#include "lib/mul_mat_vec_partial.wgsl" W=w2 TYPE={TYPE2}
#endif
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_lanes.wgsl" SUM=vec4<f32>

// product returns a lane's part of a row group, numbered through the stacked matrices.
fn product(row_group: u32, lane: u32) -> vec4<f32> {
  if (row_group < (params.w0.rows >> 2u)) { return w0_partial(params.w0, params.x_first, row_group, lane); }
#if TYPE1
  let row_group1 = row_group - (params.w0.rows >> 2u);
  if (row_group1 < (params.w1.rows >> 2u)) { return w1_partial(params.w1, params.x_first, row_group1, lane); }
#endif
#if TYPE2
  let row_group2 = row_group1 - (params.w1.rows >> 2u);
  if (row_group2 < (params.w2.rows >> 2u)) { return w2_partial(params.w2, params.x_first, row_group2, lane); }
#endif
  return vec4<f32>();
}

@compute @workgroup_size({LANES}, {ROW_GROUPS})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let row_group = (workgroup_id.y * grid.x + workgroup_id.x) * ROW_GROUPS + id.y;
  let sum = reduce_lanes(product(row_group, id.x), id.xy);
  let row_groups = (params.w0.rows + params.w1.rows + params.w2.rows) >> 2u;
  if (id.x == 0u && row_group < row_groups) {
#if ADD
    dst[params.dst_first + row_group] += sum;
#else
    dst[params.dst_first + row_group] = sum;
#endif
  }
}
