// mul_mat_few: mul_mat where tiles would be mostly empty, or cost more than they save. As mul_mat_vec, but a lane
// dequantises a group of four rows once and multiplies it with COLUMNS tokens.
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
#include "lib/mul_mat_few_part.wgsl" W=w0 TYPE={TYPE0}
#if TYPE1
#include "lib/mul_mat_few_part.wgsl" W=w1 TYPE={TYPE1}
#endif
#if TYPE2
#include "lib/mul_mat_few_part.wgsl" W=w2 TYPE={TYPE2}
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;

#include "lib/mul_mat_few.wgsl"

fn vector(token: u32) -> u32 {
  return params.x_first + min(token, params.tokens - 1u) * (params.w0.hidden >> 2u);
}

// product fills sums for four rows, counted in fours through the stacked matrices.
fn product(four: u32, token: u32, lane: u32) {
  if (four < (params.w0.rows >> 2u)) { w0_share(params.w0, four, token, lane); return; }
#if TYPE1
  let four1 = four - (params.w0.rows >> 2u);
  if (four1 < (params.w1.rows >> 2u)) { w1_share(params.w1, four1, token, lane); return; }
#endif
#if TYPE2
  let four2 = four1 - (params.w1.rows >> 2u);
  if (four2 < (params.w2.rows >> 2u)) { w2_share(params.w2, four2, token, lane); }
#endif
}

fn store(four: u32, token: u32, sum: vec4<f32>) {
  let fours = (params.w0.rows + params.w1.rows + params.w2.rows) >> 2u;
  if (four >= fours) { return; }
#if ADD
  dst[params.dst_first + token * fours + four] += sum;
#else
  dst[params.dst_first + token * fours + four] = sum;
#endif
}

@compute @workgroup_size({LANES}, {TEAMS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  let four = group.x * TEAMS + id.y;
  let token = group.y * COLUMNS;
  product(four, token, id.x);
  store_sums(four, token, params.tokens, id.xy);
}
