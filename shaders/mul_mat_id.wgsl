// mul_mat_id: dst[:, c] = W0_e x | W1_e x for every choice c of an expert e, each with its own x. As mul_mat, but the
// columns of a tile are a piece of one expert's list of choices, gathered on the way in and scattered on the way out.
//
// How long the lists are is known here only, so that there are workgroups for the worst case; those without a tile return.
struct Params {
  w0: Matrix,
  w1: Matrix,
  w0_stride: u32, // words from one expert to the next
  w1_stride: u32,
  experts: u32,
  choices_per_vector: u32, // k, or 1 when x has a vector for each choice
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
  choice_first: u32,
  groups_first: u32,
}

#include "lib/group.wgsl"
#include "lib/experts.wgsl"
@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [rows / 4, n k]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4, n or n k]
@group(0) @binding({BINDING}) var<storage, read> choice: array<Choice>; // [n k]
@group(0) @binding({BINDING}) var<storage, read> groups_of: array<u32>; // [experts + 1 + n k], by group_tokens
#include "lib/activations.wgsl"
#include "lib/{TYPE0}.wgsl" W=w0
#if TYPE1
#include "lib/{TYPE1}.wgsl" W=w1
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;

// Tile is rows of one matrix of one expert by a piece of its list.
struct Tile {
  w0: Matrix,
  w1: Matrix,
  second: bool, // of w1 rather than w0
  first_row: u32,
  first: u32, // places in the lists
  end: u32,
}
#include "lib/mul_mat_tile.wgsl"

var<workgroup> vectors: array<u32, TILE_TOKENS>; // the first vec4 in x of each column

// tile_of finds the list and the rows of a workgroup. An empty list means that there is no tile left for it.
fn tile_of(list_tile: u32, row_tile: u32) -> Tile {
  let tiles0 = (params.w0.rows + TILE_ROWS - 1u) / TILE_ROWS;
  let second = row_tile >= tiles0;
  let first_row = TILE_ROWS * select(row_tile, row_tile - tiles0, second);
  var before = 0u; // tiles of lower experts
  var begin = groups_of[params.groups_first];
  for (var e = 0u; e < params.experts; e++) {
    let end = groups_of[params.groups_first + e + 1u];
    let tiles = (end - begin + TILE_TOKENS - 1u) / TILE_TOKENS;
    if (list_tile < before + tiles) {
      let w0 = expert_matrix(params.w0, params.w0_stride, e);
      let w1 = expert_matrix(params.w1, params.w1_stride, e);
      return Tile(w0, w1, second, first_row, begin + (list_tile - before) * TILE_TOKENS, end);
    }
    before += tiles;
    begin = end;
  }
  return Tile(params.w0, params.w1, second, first_row, 0u, 0u);
}

fn rows_of(tile: Tile) -> u32 { return select(tile.w0.rows, tile.w1.rows, tile.second); }

fn tile_weights(tile: Tile, slot: u32, g: u32) -> Group {
  let row = min(tile.first_row + slot, rows_of(tile) - 1u);
#if TYPE1
  if (tile.second) { return w1_group(tile.w1, row, g); }
#endif
  return w0_group(tile.w0, row, g);
}

fn tile_vector(tile: Tile, column: u32) -> u32 { return vectors[column]; }

// choice_at is the number of the choice at a place in the lists.
fn choice_at(place: u32) -> u32 { return groups_of[params.groups_first + params.experts + 1u + place]; }

// gather notes where the vectors of the tile's columns are.
fn gather(tile: Tile, lane: u32) {
  if (lane < TILE_TOKENS) {
    let c = choice_at(min(tile.first + lane, tile.end - 1u));
    vectors[lane] = params.x_first + (c / params.choices_per_vector) * (params.w0.hidden >> 2u);
  }
  workgroupBarrier();
}

// scatter stores four rows of a choice's product. The weight may scale it as well as x.
fn scatter(tile: Tile, four: u32, place: u32, sum: vec4<f32>) {
  let c = choice_at(place);
  let stride = (params.w0.rows + params.w1.rows) >> 2u;
  let at = params.dst_first + c * stride + select(0u, params.w0.rows >> 2u, tile.second) + four;
#if WEIGHED
  dst[at] = sum * choice[params.choice_first + c].weight;
#else
  dst[at] = sum;
#endif
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tile = tile_of(group.x, group.y);
  if (tile.first >= tile.end) { return; }

  gather(tile, lane);
  var sums = multiply_tile(tile, lane, params.w0.hidden);
  let four = (tile.first_row >> 2u) + tile_four(lane);
  if (four >= rows_of(tile) >> 2u) { return; }
  for (var t = 0u; t < LANE_TOKENS; t++) {
    let place = tile.first + tile_column(lane, t);
    if (place < tile.end) { scatter(tile, four, place, sums[t]); }
  }
}
