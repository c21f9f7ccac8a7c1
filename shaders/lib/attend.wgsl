// What attention and attention_vec share: ROWS query rows (a token's query head each) that use one key head attend to
// blocks of keys, four a lane, with running maximum and sum (online softmax). The LANES of a workgroup play three parts
// in turn, a barrier between them:
//
//   scores   a lane takes four keys and all rows
//   softmax  a lane takes a share of one row's keys, PARTS lanes a row
//   values   a lane takes four elements of a head and all rows, VALUE_LANES lanes share the keys
//
// A row sees the positions from its `begin` to before its `end`, its own included; others are left out, never
// computed with. Includers declare params (dst_first and qkv_first in vec4s, slots, scale) and row_query(r), the vec4
// in qkv where row r begins; row_begin(r) and row_end(r) say what it sees.
const HEAD_FOURS = {HEAD_DIM}u / 4u;
const ROWS = {ROWS}u;
const LANES = {LANES}u;
const BLOCK = 4u * LANES; // keys
const PARTS = LANES / ROWS;
const TILE = LANES * ROWS;
const VALUE_LANES = LANES / HEAD_FOURS;
const LOWEST = -1e30; // below any score; finite, and so is its difference from any other

@group(0) @binding({BINDING}) var<storage, read> qkv: array<vec4<f32>>; // [headDim / 4, heads, n]
#include "lib/cache_{CACHE}.wgsl" W=k ACCESS=read
#include "lib/cache_{CACHE}.wgsl" W=v ACCESS=read
@group(0) @binding({BINDING}) var<storage, read> step: array<u32>;

var<workgroup> tile: array<vec4<f32>, TILE>; // scores, then weights [ROWS, LANES] of four keys; at last sums of values
var<workgroup> parts: array<f32, LANES>; // maxima, later sums, of the lanes of each row
var<workgroup> rescale: array<f32, ROWS>; // what a block does to the sums before it

var<private> row_max: f32 = LOWEST; // of the row this lane helps in softmax
var<private> row_sum: f32; // its share of the sum of weights
var<private> value_sums: array<vec4<f32>, ROWS>; // of weight times value

// visible says which of the positions pos … pos + 3 row r sees.
fn visible(r: u32, pos: u32) -> vec4<bool> {
  let four = vec4<u32>(pos, pos + 1u, pos + 2u, pos + 3u);
  return (four >= vec4<u32>(row_begin(r))) & (four < vec4<u32>(row_end(r)));
}

// Block is a run of at most BLOCK positions, no longer than the cache.
struct Block {
  kv_head: u32,
  begin: u32, // the first position
  end: u32, // the one after the last
}

// places gives where the cache keeps positions begin + offset … + 3, in vec4s; past the end, the last one again.
fn places(b: Block, offset: u32) -> vec4<u32> {
  let offsets = min(vec4<u32>(offset, offset + 1u, offset + 2u, offset + 3u), vec4<u32>(b.end - b.begin - 1u));
  let slots = offsets + vec4<u32>(b.begin % params.slots);
  let wrapped = select(slots, slots - vec4<u32>(params.slots), slots >= vec4<u32>(params.slots));
  return (wrapped + vec4<u32>(b.kv_head * params.slots)) * HEAD_FOURS;
}

// attend_block takes in one block. All lanes of a workgroup call it together.
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
  let at = places(b, 4u * lane);
  var sums: array<vec4<f32>, ROWS>;
  for (var i = 0u; i < HEAD_FOURS; i++) {
    let keys = mat4x4<f32>(k_four(at.x + i), k_four(at.y + i), k_four(at.z + i), k_four(at.w + i));
    for (var r = 0u; r < ROWS; r++) { sums[r] += qkv[row_query(r) + i] * keys; }
  }
  for (var r = 0u; r < ROWS; r++) { tile[lane * ROWS + r] = sums[r] * params.scale; }
}

fn softmax(lane: u32, b: Block) {
  let row = lane / PARTS;
  let part = lane % PARTS;
  let fours = select(0u, (b.end - b.begin + 3u) / 4u, row < ROWS);
  var highest = row_max;
  for (var i = part; i < fours; i += PARTS) {
    let seen = select(vec4<f32>(LOWEST), tile[i * ROWS + row], visible(row, b.begin + 4u * i));
    highest = max(highest, max(max(seen.x, seen.y), max(seen.z, seen.w)));
  }
  parts[lane] = highest;
  workgroupBarrier();
  for (var i = 0u; i < select(0u, PARTS, row < ROWS); i++) { highest = max(highest, parts[lane - part + i]); }
  let shrink = exp(row_max - highest);
  row_max = highest;
  row_sum *= shrink;
  if (part == 0u && row < ROWS) { rescale[row] = shrink; }
  for (var i = part; i < fours; i += PARTS) {
    let weights = select(vec4<f32>(), exp(tile[i * ROWS + row] - highest), visible(row, b.begin + 4u * i));
    tile[i * ROWS + row] = weights;
    row_sum += dot(weights, vec4<f32>(1.0));
  }
}

fn values(lane: u32, b: Block) {
  for (var r = 0u; r < ROWS; r++) { value_sums[r] *= rescale[r]; }
  let four = lane % HEAD_FOURS;
  let fours = select(0u, (b.end - b.begin + 3u) / 4u, lane < VALUE_LANES * HEAD_FOURS);
  for (var i = lane / HEAD_FOURS; i < fours; i += VALUE_LANES) {
    let at = places(b, 4u * i) + vec4<u32>(four);
    let vectors = mat4x4<f32>(v_four(at.x), v_four(at.y), v_four(at.z), v_four(at.w));
    for (var r = 0u; r < ROWS; r++) { value_sums[r] += vectors * tile[i * ROWS + r]; }
  }
}

// gather adds up what the lanes hold: tile[r * HEAD_FOURS + four] has the sums of values, parts[r] of weights, and
// rescale[r] the maximum of row r. All lanes call it together, after the last block.
fn gather(lane: u32) {
  parts[lane] = row_sum;
  for (var r = 0u; r < ROWS; r++) { tile[lane * ROWS + r] = value_sums[r]; }
  if (lane % PARTS == 0u && lane / PARTS < ROWS) { rescale[lane / PARTS] = row_max; }
  workgroupBarrier();
}

// weight_sum is row r's after gather.
fn weight_sum(r: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < PARTS; i++) { sum += parts[r * PARTS + i]; }
  return sum;
}

// value_sum is vec4 four of row r's after gather.
fn value_sum(r: u32, four: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var i = 0u; i < VALUE_LANES; i++) { sum += tile[(i * HEAD_FOURS + four) * ROWS + r]; }
  return sum;
}
