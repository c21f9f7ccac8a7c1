// mul_mat_id_few: mul_mat_id where lists are short, or tiles cost more than they save. As mul_mat_few, but the
// columns are a piece of one expert's list of choices.
#include "lib/group.wgsl"
#include "lib/experts.wgsl"
#include "lib/mul_mat_id.wgsl"
#include "lib/activations.wgsl"
#include "lib/mul_mat_few_partial.wgsl" W=w0 TYPE={TYPE0} BIAS=0
#if TYPE1
#include "lib/mul_mat_few_partial.wgsl" W=w1 TYPE={TYPE1} BIAS=0
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;
#include "lib/mul_mat_few.wgsl"

// product adds to sums for a row group of an expert, numbered through its matrices.
fn product(slot: u32, row_group: u32, entry: u32, lane: u32) {
  if (row_group < (params.w0.rows >> 2u)) {
    w0_partial(matrix_in(slot, params.w0, params.w0_stride), row_group, entry, lane);
    return;
  }
#if TYPE1
  let row_group1 = row_group - (params.w0.rows >> 2u);
  if (row_group1 < (params.w1.rows >> 2u)) {
    w1_partial(matrix_in(slot, params.w1, params.w1_stride), row_group1, entry, lane);
  }
#endif
}

@compute @workgroup_size({LANES}, {ROW_GROUPS})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  let piece = piece_of(workgroup_id.y, COLUMNS);
  if (piece.first >= piece.end) { return; }

  let row_group = workgroup_id.x * ROW_GROUPS + id.y;
  product(piece.slot, row_group, piece.first, id.x);
  store_sums(row_group, piece.first, piece.end, id.xy);
}
