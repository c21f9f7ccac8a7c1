// swiglu_vec: dst = silu(gate x) * (up x) for one vector. As mul_mat_vec, but a lane multiplies a row group of both
// matrices with the same activations.
struct Params {
  gate: Matrix,
  up: Matrix,
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
}

const LANES = {LANES}u;
const ROW_GROUPS = {ROW_GROUPS}u;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [width / 4]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4]
#include "lib/group.wgsl"
#include "lib/activations.wgsl"
#include "lib/swiglu_partial.wgsl" GATE=gate UP=up GATE_TYPE={TYPE0} UP_TYPE={TYPE1}
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/reduce_lanes.wgsl" SUM=mat2x4<f32>
#include "lib/silu.wgsl"

@compute @workgroup_size({LANES}, {ROW_GROUPS})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let row_group = (workgroup_id.y * grid.x + workgroup_id.x) * ROW_GROUPS + id.y;
  let sum = reduce_lanes(gate_partial(params.gate, params.up, row_group, id.x), id.xy);
  if (id.x == 0u && row_group < (params.gate.rows >> 2u)) {
    let g = sum[0];
    dst[params.dst_first + row_group] = vec4<f32>(silu(g.x), silu(g.y), silu(g.z), silu(g.w)) * sum[1];
  }
}
