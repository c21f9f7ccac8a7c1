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
#include "lib/mul_mat_vec_rows.wgsl" W=gate TYPE={TYPE0}
#include "lib/mul_mat_vec_rows.wgsl" W=up TYPE={TYPE1}
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_teams.wgsl" SHARE=mat2x4<f32>
#include "lib/silu.wgsl"

// A lane's share of rows 4 four … 4 four + 3 of gate and of up.
fn share(four: u32, lane: u32) -> mat2x4<f32> {
  var gate_sum = vec4<f32>();
  var up_sum = vec4<f32>();
  let end = select(0u, groups(params.gate), four < (params.gate.rows >> 2u));
  for (var g = lane; g < end; g += LANES) {
    let a = activations(params.x_first, params.gate.hidden, g);
    gate_sum += gate_dots(params.gate, four << 2u, g, a);
    up_sum += up_dots(params.up, four << 2u, g, a);
  }
  return mat2x4<f32>(gate_sum, up_sum);
}

@compute @workgroup_size({LANES}, {TEAMS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let four = (group.y * grid.x + group.x) * TEAMS + id.y;
  let sum = reduce_teams(share(four, id.x), id.xy);
  if (id.x == 0u && four < (params.gate.rows >> 2u)) {
    let g = sum[0];
    dst[params.dst_first + four] = vec4<f32>(silu(g.x), silu(g.y), silu(g.z), silu(g.w)) * sum[1];
  }
}
