// mul_mat_vec: dst = W0 x | W1 x | W2 x, one vector with up to three matrices of any types, stacked along dst's rows.
//
// A team of LANES invocations makes four rows. The groups of 32 weights of a row go round the lanes, so that neighbours
// read neighbouring blocks; each lane keeps its group of activations in registers for all four rows.
struct Params {
  w0: Matrix,
  w1: Matrix,
  w2: Matrix,
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
}

const LANES = {LANES}u;
const TEAMS = {TEAMS}u;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [rows / 4]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4]
#include "lib/group.wgsl"
#include "lib/activations.wgsl"
#include "lib/mul_mat_vec_part.wgsl" W=w0 TYPE={TYPE0}
#if TYPE1
#include "lib/mul_mat_vec_part.wgsl" W=w1 TYPE={TYPE1}
#endif
#if TYPE2
#include "lib/mul_mat_vec_part.wgsl" W=w2 TYPE={TYPE2}
#endif
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_teams.wgsl" SHARE=vec4<f32>

// product is a lane's share of four rows, counted in fours through the stacked matrices.
fn product(four: u32, lane: u32) -> vec4<f32> {
  if (four < (params.w0.rows >> 2u)) { return w0_share(params.w0, params.x_first, four, lane); }
#if TYPE1
  let four1 = four - (params.w0.rows >> 2u);
  if (four1 < (params.w1.rows >> 2u)) { return w1_share(params.w1, params.x_first, four1, lane); }
#endif
#if TYPE2
  let four2 = four1 - (params.w1.rows >> 2u);
  if (four2 < (params.w2.rows >> 2u)) { return w2_share(params.w2, params.x_first, four2, lane); }
#endif
  return vec4<f32>();
}

@compute @workgroup_size({LANES}, {TEAMS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let four = (group.y * grid.x + group.x) * TEAMS + id.y;
  let sum = reduce_teams(product(four, id.x), id.xy);
  let fours = (params.w0.rows + params.w1.rows + params.w2.rows) >> 2u;
  if (id.x == 0u && four < fours) {
#if ADD
    dst[params.dst_first + four] += sum;
#else
    dst[params.dst_first + four] = sum;
#endif
  }
}
