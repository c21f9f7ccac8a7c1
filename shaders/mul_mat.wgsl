// mul_mat: dst = W0 x | W1 x | W2 x for n vectors, the matrices of any types and stacked along dst's rows.
//
// A workgroup of 64 makes a tile of 32 rows of one matrix by TILE_TOKENS tokens. It goes along the rows a group of 32
// weights at a time: half of the lanes dequantise a row each, the others fetch activations; then every lane
// multiplies four rows by LANE_TOKENS tokens, held in registers.
struct Params {
  w0: Matrix,
  w1: Matrix,
  w2: Matrix,
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
  tokens: u32,
}

const LANE_TOKENS = {LANE_TOKENS}u;
const TILE_TOKENS = 8u * LANE_TOKENS;
const TILE_ROWS = 32u;
const X_TILE = 8u * TILE_TOKENS;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [rows / 4, n]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4, n]
#include "lib/group.wgsl"
#include "lib/mul_mat_part.wgsl" W=w0 TYPE={TYPE0}
#if TYPE1
#include "lib/mul_mat_part.wgsl" W=w1 TYPE={TYPE1}
#endif
#if TYPE2
#include "lib/mul_mat_part.wgsl" W=w2 TYPE={TYPE2}
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;

// Both tiles are [8, …]: the four weights or activations i of a group, of each row or token. Row 4 a + b is at
// 8 b + a, so that neighbouring lanes, which have neighbouring a, read neighbouring vec4s.
var<workgroup> w_tile: array<vec4<f32>, 256>;
var<workgroup> x_tile: array<vec4<f32>, X_TILE>;

// Part is the matrix a workgroup works on, and its place in the stack.
struct Part {
  index: u32,
  row_tile: u32, // within the matrix
  first: u32,    // fours of rows before it in dst
}

fn part_of(row_tile: u32) -> Part {
  let tiles0 = row_tiles(params.w0);
  if (row_tile < tiles0) { return Part(0u, row_tile, 0u); }
  let tiles1 = row_tiles(params.w1);
  if (row_tile < tiles0 + tiles1) { return Part(1u, row_tile - tiles0, params.w0.rows >> 2u); }
  return Part(2u, row_tile - tiles0 - tiles1, (params.w0.rows + params.w1.rows) >> 2u);
}

fn row_tiles(m: Matrix) -> u32 { return (m.rows + TILE_ROWS - 1u) / TILE_ROWS; }

// rows_of is the number of rows of the part's matrix.
fn rows_of(part: u32) -> u32 {
  if (part == 0u) { return params.w0.rows; }
  if (part == 1u) { return params.w1.rows; }
  return params.w2.rows;
}

fn weights(part: u32, row: u32, g: u32) -> Group {
#if TYPE1
  if (part == 1u) { return w1_group(params.w1, row, g); }
#endif
#if TYPE2
  if (part == 2u) { return w2_group(params.w2, row, g); }
#endif
  return w0_group(params.w0, row, g);
}

fn bias(part: u32, four: u32) -> vec4<f32> {
#if BIAS
#if TYPE1
  if (part == 1u) { return w1_bias[four]; }
#endif
#if TYPE2
  if (part == 2u) { return w2_bias[four]; }
#endif
  return w0_bias[four];
#else
  return vec4<f32>();
#endif
}

// fill_weights puts group g of one row into the tile; rows past the matrix stay as they are, nobody stores theirs.
fn fill_weights(part: Part, slot: u32, g: u32) {
  let row = part.row_tile * TILE_ROWS + slot;
  if (row >= rows_of(part.index)) { return; }
  let w = dequantise(weights(part.index, row, g));
  let at = ((slot & 3u) << 3u) + (slot >> 2u);
  w_tile[at] = w[0];
  w_tile[at + 32u] = w[1];
  w_tile[at + 64u] = w[2];
  w_tile[at + 96u] = w[3];
  w_tile[at + 128u] = w[4];
  w_tile[at + 160u] = w[5];
  w_tile[at + 192u] = w[6];
  w_tile[at + 224u] = w[7];
}

// fill_activations puts group g of one token into the tile, zeros past the row.
fn fill_activations(token: u32, slot: u32, g: u32) {
  if (token >= params.tokens) { return; }
  let fours = params.w0.hidden >> 2u;
  let row = params.x_first + token * fours;
  for (var i = 0u; i < 8u; i++) {
    let four = 8u * g + i;
#if RAGGED
    x_tile[i * TILE_TOKENS + slot] = select(vec4<f32>(), x[row + four], four < fours);
#else
    x_tile[i * TILE_TOKENS + slot] = x[row + four];
#endif
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let part = part_of(group.y);
  let first_token = group.x * TILE_TOKENS;
  let a = lane & 7u; // fours of rows
  let b = lane >> 3u; // tokens b, b + 8, …
  var sums: array<vec4<f32>, LANE_TOKENS>;
  for (var g = 0u; g < groups(params.w0); g++) {
    if (lane < TILE_ROWS) {
      fill_weights(part, lane, g);
    } else {
      for (var slot = lane - TILE_ROWS; slot < TILE_TOKENS; slot += 64u - TILE_ROWS) {
        fill_activations(first_token + slot, slot, g);
      }
    }
    workgroupBarrier();
    for (var i = 0u; i < 8u; i++) {
      let at = 32u * i + a;
      let w = mat4x4<f32>(w_tile[at], w_tile[at + 8u], w_tile[at + 16u], w_tile[at + 24u]);
      for (var t = 0u; t < LANE_TOKENS; t++) { sums[t] += x_tile[i * TILE_TOKENS + b + 8u * t] * w; }
    }
    workgroupBarrier();
  }
  let four = part.row_tile * (TILE_ROWS / 4u) + a;
  if (four >= rows_of(part.index) >> 2u) { return; }
  let stride = (params.w0.rows + params.w1.rows + params.w2.rows) >> 2u;
  for (var t = 0u; t < LANE_TOKENS; t++) {
    let token = first_token + b + 8u * t;
    if (token < params.tokens) {
      let at = params.dst_first + token * stride + part.first + four;
#if ADD
      dst[at] += sums[t] + bias(part.index, four);
#else
      dst[at] = sums[t] + bias(part.index, four);
#endif
    }
  }
}
