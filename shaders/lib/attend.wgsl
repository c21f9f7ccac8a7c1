// Shared by attention and attention_vec. ROWS query rows, each one query head of one token, use the
// same key head. They attend to blocks of keys, four for each lane, with a running maximum and sum (online softmax). A
// block takes three steps with a barrier between them, and the lanes divide the work differently in each:
//
//   scores   a lane has four keys, for all rows
//   softmax  a row has ROW_LANES lanes, which divide its keys
//   values   a lane has four elements of a head, for all rows; VALUE_LANES lanes divide the keys
//
// A row attends to the positions from row_begin(r) up to, not including, row_end(r). Other positions of a block get the
// weight 0 by a select, whatever their score is.
//
// The includer declares params (dst_first and qkv_first in vec4s, slots, scale), row_begin(r), row_end(r), and
// row_query(r): the vec4 of qkv at which row r begins.
const HEAD_VEC4S = {HEAD_DIM}u / 4u;
const ROWS = {ROWS}u;
const LANES = {LANES}u;
const BLOCK = 4u * LANES; // keys
const ROW_LANES = LANES / ROWS;
const TILE = LANES * ROWS;
const VALUE_LANES = LANES / HEAD_VEC4S;
const LOWEST = -1e30; // below any score; finite, and so is its difference from any other

@group(0) @binding({BINDING}) var<storage, read> qkv: array<vec4<f32>>; // [headDim / 4, heads, n]
#include "lib/cache_{CACHE}.wgsl" W=k ACCESS=read
#include "lib/cache_{CACHE}.wgsl" W=v ACCESS=read
@group(0) @binding({BINDING}) var<storage, read> step: array<u32>;

var<workgroup> tile: array<vec4<f32>, TILE>; // [ROWS, LANES] of four keys: scores, then weights; at the end sums
var<workgroup> partials: array<f32, LANES>; // of the lanes of each row: maxima, at the end sums of weights
var<workgroup> rescale: array<f32, ROWS>; // factor for the sums of earlier blocks; at the end the maximum

var<private> row_max: f32 = LOWEST; // largest score so far, of the row of this lane in softmax
var<private> row_sum: f32; // this lane's part of the sum of that row's weights
var<private> value_sums: array<vec4<f32>, ROWS>; // sums of weight times value

// visible reports which of the positions pos … pos + 3 row r attends to.
fn visible(r: u32, pos: u32) -> vec4<bool> {
  let positions = vec4<u32>(pos, pos + 1u, pos + 2u, pos + 3u);
  return (positions >= vec4<u32>(row_begin(r))) & (positions < vec4<u32>(row_end(r)));
}

// Block is at most BLOCK consecutive positions, no more than the cache has slots.
struct Block {
  kv_head: u32,
  begin: u32, // the first position
  end: u32, // the one after the last
}

// cache_offsets returns the vec4s of the cache at which positions begin + offset … + 3 are; the last position of the
// block in place of those past its end.
fn cache_offsets(b: Block, offset: u32) -> vec4<u32> {
  let offsets = min(vec4<u32>(offset, offset + 1u, offset + 2u, offset + 3u), vec4<u32>(b.end - b.begin - 1u));
  let slots = offsets + vec4<u32>(b.begin % params.slots);
  let wrapped = select(slots, slots - vec4<u32>(params.slots), slots >= vec4<u32>(params.slots));
  return (wrapped + vec4<u32>(b.kv_head * params.slots)) * HEAD_VEC4S;
}

// attend_block adds one block to the sums. All lanes of a workgroup call it together.
fn attend_block(lane: u32, b: Block) {
  scores(lane, b);
  workgroupBarrier();
  softmax(lane, b);
  workgroupBarrier();
  values(lane, b);
  workgroupBarrier();
}

fn scores(lane: u32, b: Block) {
  if (b.begin + 4u * lane >= b.end) { return; }
  let at = cache_offsets(b, 4u * lane);
  var sums: array<vec4<f32>, ROWS>;
  for (var i = 0u; i < HEAD_VEC4S; i++) {
    let keys = mat4x4<f32>(k_vec4(at.x + i), k_vec4(at.y + i), k_vec4(at.z + i), k_vec4(at.w + i));
    for (var r = 0u; r < ROWS; r++) { sums[r] += qkv[row_query(r) + i] * keys; }
  }
  for (var r = 0u; r < ROWS; r++) { tile[lane * ROWS + r] = sums[r] * params.scale; }
}

fn softmax(lane: u32, b: Block) {
  let row = lane / ROW_LANES;
  let row_lane = lane % ROW_LANES;
  let key_groups = select(0u, (b.end - b.begin + 3u) / 4u, row < ROWS);
  var max_score = row_max;
  for (var i = row_lane; i < key_groups; i += ROW_LANES) {
    let masked = select(vec4<f32>(LOWEST), tile[i * ROWS + row], visible(row, b.begin + 4u * i));
    max_score = max(max_score, max(max(masked.x, masked.y), max(masked.z, masked.w)));
  }
  partials[lane] = max_score;
  workgroupBarrier();
  for (var i = 0u; i < select(0u, ROW_LANES, row < ROWS); i++) {
    max_score = max(max_score, partials[lane - row_lane + i]);
  }
  let factor = exp(row_max - max_score);
  row_max = max_score;
  row_sum *= factor;
  if (row_lane == 0u && row < ROWS) { rescale[row] = factor; }
  for (var i = row_lane; i < key_groups; i += ROW_LANES) {
    let weights = select(vec4<f32>(), exp(tile[i * ROWS + row] - max_score), visible(row, b.begin + 4u * i));
    tile[i * ROWS + row] = weights;
    row_sum += dot(weights, vec4<f32>(1.0));
  }
}

fn values(lane: u32, b: Block) {
  for (var r = 0u; r < ROWS; r++) { value_sums[r] *= rescale[r]; }
  let head_vec4 = lane % HEAD_VEC4S;
  let key_groups = select(0u, (b.end - b.begin + 3u) / 4u, lane < VALUE_LANES * HEAD_VEC4S);
  for (var i = lane / HEAD_VEC4S; i < key_groups; i += VALUE_LANES) {
    let at = cache_offsets(b, 4u * i) + vec4<u32>(head_vec4);
    let vectors = mat4x4<f32>(v_vec4(at.x), v_vec4(at.y), v_vec4(at.z), v_vec4(at.w));
    for (var r = 0u; r < ROWS; r++) { value_sums[r] += vectors * tile[i * ROWS + r]; }
  }
}

// store_partials stores what weight_sum and value_sum add up, each lane its part of the sums, and the maximum of row
// r in rescale[r]. All lanes call it together, after the last block.
fn store_partials(lane: u32) {
  partials[lane] = row_sum;
  for (var r = 0u; r < ROWS; r++) { tile[lane * ROWS + r] = value_sums[r]; }
  if (lane % ROW_LANES == 0u && lane / ROW_LANES < ROWS) { rescale[lane / ROW_LANES] = row_max; }
  workgroupBarrier();
}

// weight_sum returns the sum of row r's weights, after store_partials.
fn weight_sum(r: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < ROW_LANES; i++) { sum += partials[r * ROW_LANES + i]; }
  return sum;
}

// value_sum returns one vec4 of row r's sum of weighted values, after store_partials.
fn value_sum(r: u32, head_vec4: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < VALUE_LANES; i++) { sum += tile[(i * HEAD_VEC4S + head_vec4) * ROWS + r]; }
  return sum;
}
