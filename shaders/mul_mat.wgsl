// mul_mat: dst = W0 x | W1 x | W2 x for n vectors, with matrices of any types stacked along dst's rows. A workgroup
// computes a tile of rows of one matrix by tokens.
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
#include "lib/mul_mat_weights.wgsl" W=w0 TYPE={TYPE0}
#if TYPE1
#include "lib/mul_mat_weights.wgsl" W=w1 TYPE={TYPE1}
#endif
#if TYPE2
#include "lib/mul_mat_weights.wgsl" W=w2 TYPE={TYPE2}
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;

// Tile is the place of a tile in the stacked matrices.
struct Tile {
  matrix: u32,    // 0, 1 or 2
  first_row: u32, // in that matrix
  before: u32,    // rows of dst before that matrix
  first_token: u32,
}
#include "lib/mul_mat_tile.wgsl"

fn tile_of(row_tile: u32, first_token: u32) -> Tile {
  let tiles0 = row_tiles(params.w0);
  if (row_tile < tiles0) { return Tile(0u, TILE_ROWS * row_tile, 0u, first_token); }
  let tiles1 = row_tiles(params.w1);
  if (row_tile < tiles0 + tiles1) { return Tile(1u, TILE_ROWS * (row_tile - tiles0), params.w0.rows, first_token); }
  return Tile(2u, TILE_ROWS * (row_tile - tiles0 - tiles1), params.w0.rows + params.w1.rows, first_token);
}

fn row_tiles(m: Matrix) -> u32 { return (m.rows + TILE_ROWS - 1u) / TILE_ROWS; }

fn rows_of(matrix: u32) -> u32 {
  if (matrix == 0u) { return params.w0.rows; }
  if (matrix == 1u) { return params.w1.rows; }
  return params.w2.rows;
}

fn weights(matrix: u32, row: u32, g: u32) -> Group {
#if TYPE1
  if (matrix == 1u) { return w1_group(params.w1, row, g); }
#endif
#if TYPE2
  if (matrix == 2u) { return w2_group(params.w2, row, g); }
#endif
  return w0_group(params.w0, row, g);
}

fn bias(matrix: u32, row_group: u32) -> vec4<f32> {
#if BIAS
#if TYPE1
  if (matrix == 1u) { return w1_bias[row_group]; }
#endif
#if TYPE2
  if (matrix == 2u) { return w2_bias[row_group]; }
#endif
  return w0_bias[row_group];
#else
  return vec4<f32>();
#endif
}

fn tile_weights(tile: Tile, tile_row: u32, g: u32) -> Group {
  return weights(tile.matrix, min(tile.first_row + tile_row, rows_of(tile.matrix) - 1u), g);
}

fn tile_vector(tile: Tile, column: u32) -> u32 {
  return params.x_first + min(tile.first_token + column, params.tokens - 1u) * (params.w0.hidden >> 2u);
}

fn store(tile: Tile, row_group: u32, token: u32, sum: vec4<f32>) {
  let stride = (params.w0.rows + params.w1.rows + params.w2.rows) >> 2u;
  let at = params.dst_first + token * stride + (tile.before >> 2u) + row_group;
#if ADD
  dst[at] += sum + bias(tile.matrix, row_group);
#else
  dst[at] = sum + bias(tile.matrix, row_group);
#endif
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tile = tile_of(workgroup_id.y, workgroup_id.x * TILE_TOKENS);
  var sums = multiply_tile(tile, lane, params.w0.hidden);
  let row_group = (tile.first_row >> 2u) + tile_row_group(lane);
  if (row_group >= rows_of(tile.matrix) >> 2u) { return; }
  for (var t = 0u; t < LANE_TOKENS; t++) {
    let token = tile.first_token + tile_column(lane, t);
    if (token < params.tokens) { store(tile, row_group, token, sums[t]); }
  }
}
