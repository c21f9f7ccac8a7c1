// mul_mat_id_vec: dst += Σ down_e h_e over the choices e of one token, + shared_down h of the shared expert. As
// mul_mat_vec, but a team's four rows go on through the matrices of all choices, and in which slots those lie is read from choice.
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
const TEAMS = {TEAMS}u;

#include "lib/group.wgsl"
#include "lib/experts.wgsl"
@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [hidden / 4]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // h [(k width + shared width) / 4]
@group(0) @binding({BINDING}) var<storage, read> choice: array<Choice>; // [k]
#include "lib/activations.wgsl"
#include "lib/mul_mat_vec_part.wgsl" W=down TYPE={TYPE0} BIAS=0
#include "lib/mul_mat_vec_part.wgsl" W=shared_down TYPE={TYPE1} BIAS=0
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_teams.wgsl" SHARE=vec4<f32>

// share is a lane's part of four rows of all products.
fn share(four: u32, lane: u32) -> vec4<f32> {
  if (four >= (params.down.rows >> 2u)) { return vec4<f32>(); }
  var sum = vec4<f32>();
  var h = params.h_first;
  for (var j = 0u; j < params.choices; j++) {
    let m = matrix_in(choice[params.choice_first + j].slot, params.down, params.down_stride);
    sum += down_share(m, h, four, lane);
    h += m.hidden >> 2u;
  }
  return sum + shared_down_share(params.shared_down, h, four, lane);
}

@compute @workgroup_size({LANES}, {TEAMS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let four = (group.y * grid.x + group.x) * TEAMS + id.y;
  let sum = reduce_teams(share(four, id.x), id.xy);
  if (id.x == 0u && four < (params.down.rows >> 2u)) { dst[params.dst_first + four] += sum; }
}
