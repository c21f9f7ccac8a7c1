// swiglu_vec: dst = silu(gate x) * (up x) for one vector. As mul_mat_vec, but a team makes four rows of both matrices
// from the same activations.
struct Params {
  gate: Matrix,
  up: Matrix,
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
}

const LANES = {LANES}u;
const TEAMS = {TEAMS}u;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [width / 4]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4]
#include "lib/group.wgsl"
#include "lib/activations.wgsl"
#include "lib/swiglu_part.wgsl" GATE=gate UP=up GATE_TYPE={TYPE0} UP_TYPE={TYPE1}
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_teams.wgsl" SHARE=mat2x4<f32>
#include "lib/silu.wgsl"

@compute @workgroup_size({LANES}, {TEAMS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let four = (group.y * grid.x + group.x) * TEAMS + id.y;
  let sum = reduce_teams(gate_share(params.gate, params.up, four, id.x), id.xy);
  if (id.x == 0u && four < (params.gate.rows >> 2u)) {
    let g = sum[0];
    dst[params.dst_first + four] = vec4<f32>(silu(g.x), silu(g.y), silu(g.z), silu(g.w)) * sum[1];
  }
}
