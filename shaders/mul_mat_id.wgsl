// mul_mat_id: dst[:, c] = W0_e x | W1_e x for every choice c of an expert e, each with its own x. As mul_mat, but the
// columns of a tile are a piece of one expert's list of choices.
#include "lib/group.wgsl"
#include "lib/experts.wgsl"
#include "lib/mul_mat_id.wgsl"
#include "lib/activations.wgsl"
#include "lib/{TYPE0}.wgsl" W=w0
#if TYPE1
#include "lib/{TYPE1}.wgsl" W=w1
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;

// Tile is some rows of one of an expert's matrices.
struct Tile {
  w0: Matrix,
  w1: Matrix,
  second: bool, // of w1 rather than w0
  first_row: u32,
}
#include "lib/mul_mat_tile.wgsl"

var<workgroup> vectors: array<u32, TILE_TOKENS>; // the first vec4 in x of each column of the tile

fn tile_of(slot: u32, row_tile: u32) -> Tile {
  let tiles0 = (params.w0.rows + TILE_ROWS - 1u) / TILE_ROWS;
  let second = row_tile >= tiles0;
  return Tile(
    matrix_in(slot, params.w0, params.w0_stride), matrix_in(slot, params.w1, params.w1_stride),
    second, TILE_ROWS * select(row_tile, row_tile - tiles0, second));
}

fn rows_of(tile: Tile) -> u32 { return select(params.w0.rows, params.w1.rows, tile.second); }

fn tile_weights(tile: Tile, tile_row: u32, g: u32) -> Group {
  let row = min(tile.first_row + tile_row, rows_of(tile) - 1u);
#if TYPE1
  if (tile.second) { return w1_group(tile.w1, row, g); }
#endif
  return w0_group(tile.w0, row, g);
}

fn tile_vector(tile: Tile, column: u32) -> u32 { return vectors[column]; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let piece = piece_of(workgroup_id.x, TILE_TOKENS);
  if (piece.first >= piece.end) { return; }

  let tile = tile_of(piece.slot, workgroup_id.y);
  if (lane < TILE_TOKENS) { vectors[lane] = vector(piece.first + lane); }
  workgroupBarrier();
  var sums = multiply_tile(tile, lane, params.w0.hidden);

  let row = tile.first_row + 4u * tile_row_group(lane);
  if (row >= rows_of(tile)) { return; }
  let row_group = (row + select(0u, params.w0.rows, tile.second)) >> 2u;
  for (var t = 0u; t < LANE_TOKENS; t++) {
    let entry = piece.first + tile_column(lane, t);
    if (entry < piece.end) { store(row_group, entry, sums[t]); }
  }
}
