// mul_mat_few: mul_mat where tiles would be mostly empty, or cost more than they save. As mul_mat_vec, but a lane
// dequantises a group of each of its four rows once and multiplies it with COLUMNS tokens.
struct Params {
  w0: Matrix,
  w1: Matrix,
  w2: Matrix,
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
  tokens: u32,
}

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [rows / 4, n]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4, n]
#include "lib/group.wgsl"
#include "lib/activations.wgsl"
#include "lib/mul_mat_few_partial.wgsl" W=w0 TYPE={TYPE0}
#if TYPE1
#include "lib/mul_mat_few_partial.wgsl" W=w1 TYPE={TYPE1}
#endif
#if TYPE2
#include "lib/mul_mat_few_partial.wgsl" W=w2 TYPE={TYPE2}
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;

#include "lib/mul_mat_few.wgsl"

fn vector(token: u32) -> u32 {
  return params.x_first + min(token, params.tokens - 1u) * (params.w0.hidden >> 2u);
}

// product adds to sums for a row group, numbered through the stacked matrices.
fn product(row_group: u32, token: u32, lane: u32) {
  if (row_group < (params.w0.rows >> 2u)) { w0_partial(params.w0, row_group, token, lane); return; }
#if TYPE1
  let row_group1 = row_group - (params.w0.rows >> 2u);
  if (row_group1 < (params.w1.rows >> 2u)) { w1_partial(params.w1, row_group1, token, lane); return; }
#endif
#if TYPE2
  let row_group2 = row_group1 - (params.w1.rows >> 2u);
  if (row_group2 < (params.w2.rows >> 2u)) { w2_partial(params.w2, row_group2, token, lane); }
#endif
}

fn store(row_group: u32, token: u32, sum: vec4<f32>) {
  let row_groups = (params.w0.rows + params.w1.rows + params.w2.rows) >> 2u;
  if (row_group >= row_groups) { return; }
#if ADD
  dst[params.dst_first + token * row_groups + row_group] += sum;
#else
  dst[params.dst_first + token * row_groups + row_group] = sum;
#endif
}

@compute @workgroup_size({LANES}, {ROW_GROUPS})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  let row_group = workgroup_id.x * ROW_GROUPS + id.y;
  let token = workgroup_id.y * COLUMNS;
  product(row_group, token, id.x);
  store_sums(row_group, token, params.tokens, id.xy);
}
