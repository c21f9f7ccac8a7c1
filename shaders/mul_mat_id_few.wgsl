// mul_mat_id_few: mul_mat_id where lists are short, or tiles cost more than they save. As mul_mat_few; its columns are a
// piece of one expert's list of choices.
#include "lib/group.wgsl"
#include "lib/experts.wgsl"
#include "lib/mul_mat_id.wgsl"
#include "lib/activations.wgsl"
#include "lib/mul_mat_few_part.wgsl" W=w0 TYPE={TYPE0} BIAS=0
#if TYPE1
#include "lib/mul_mat_few_part.wgsl" W=w1 TYPE={TYPE1} BIAS=0
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/mul_mat_few.wgsl"

// product fills sums for four rows of an expert, counted in fours through its matrices.
fn product(slot: u32, four: u32, place: u32, lane: u32) {
  if (four < (params.w0.rows >> 2u)) {
    w0_share(matrix_in(slot, params.w0, params.w0_stride), four, place, lane);
    return;
  }
#if TYPE1
  let four1 = four - (params.w0.rows >> 2u);
  if (four1 < (params.w1.rows >> 2u)) {
    w1_share(matrix_in(slot, params.w1, params.w1_stride), four1, place, lane);
  }
#endif
}

@compute @workgroup_size({LANES}, {TEAMS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  let piece = piece_of(group.y, COLUMNS);
  if (piece.first >= piece.end) { return; }

  let four = group.x * TEAMS + id.y;
  product(piece.slot, four, piece.first, id.x);
  store_sums(four, piece.first, piece.end, id.xy);
}
