// rope_kv: rotates query and key heads in place, normalises them, scales queries by the temperature of their position,
// and stores keys and values in the cache. One invocation handles four numbers of a head, two pairs; a workgroup has
// whole heads.
struct Params {
  qkv_first: u32, // vec4s
  step_first: u32,
  table_first: u32, // pairs
  positions: u32, // rows of the table
  pairs: u32, // rotated ones of a head, maybe fewer than half of headDim
  slots: u32,
  tokens: u32,
  first_head: u32, // of those that there is work for: queries only when something changes them
  key_head: u32, // the first key head, numHeads
  value_head: u32, // the first value head, numHeads + numKVHeads
  end_head: u32, // numHeads + 2 numKVHeads
  eps: f32, // of the norm
  temp_scale: f32,
  temp_floor: u32,
}

const FOURS = {FOURS}u; // headDim / 4
const HEADS = {HEADS}u;

@group(0) @binding({BINDING}) var<storage, read_write> qkv: array<vec4<f32>>; // [headDim / 4, heads, n]
#include "lib/cache_{CACHE}.wgsl" W=k ACCESS=read_write
#include "lib/cache_{CACHE}.wgsl" W=v ACCESS=read_write
@group(0) @binding({BINDING}) var<storage, read> step: array<u32>;
#if ROTATE
@group(0) @binding({BINDING}) var<storage, read> table: array<vec2<f32>>; // cos and sin [pairs, positions]

// rotate turns pair i of a head by its angle at a position.
fn rotate(pair: vec2<f32>, i: u32, pos: u32) -> vec2<f32> {
  if (i >= params.pairs) { return pair; }
  let turn = table[params.table_first + (pos % params.positions) * params.pairs + i];
  return vec2<f32>(pair.x * turn.x - pair.y * turn.y, pair.x * turn.y + pair.y * turn.x);
}
#endif
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;

#if NORM
var<workgroup> squares: array<array<f32, FOURS>, HEADS>;

// norm_scale is what the numbers of a head are multiplied with. All lanes call it together.
fn norm_scale(x: vec4<f32>, id: vec2<u32>) -> f32 {
  squares[id.y][id.x] = dot(x, x);
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < FOURS; i++) { sum += squares[id.y][i]; }
  return inverseSqrt(sum / f32(4u * FOURS) + params.eps);
}
#else
fn norm_scale(x: vec4<f32>, id: vec2<u32>) -> f32 { return 1.0; }
#endif

// temperature is what the queries of a position are multiplied with.
fn temperature(pos: u32) -> f32 {
#if TEMPERATURE
  return 1.0 + params.temp_scale * log(f32((pos + 1u) / params.temp_floor) + 1.0);
#else
  return 1.0;
#endif
}

@compute @workgroup_size({FOURS}, {HEADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let i = (group.y * grid.x + group.x) * HEADS + id.y;
  let heads = params.end_head - params.first_head;
  let head = params.first_head + i % heads;
  let token = i / heads;
  let pos = step[params.step_first] + token;
  let at = params.qkv_first + (token * params.end_head + head) * FOURS + id.x;
  let live = token < params.tokens;
  var x = vec4<f32>();
  if (live) { x = qkv[at]; }
#if ROTATE
  if (head < params.value_head) {
    x = vec4<f32>(rotate(x.xy, 2u * id.x, pos), rotate(x.zw, 2u * id.x + 1u, pos));
  }
#endif
  let norm = norm_scale(x, id.xy);
  if (!live) { return; }

  if (head < params.key_head) {
    qkv[at] = x * (norm * temperature(pos));
    return;
  }
  let slot = (pos % params.slots) * FOURS + id.x;
  let plane = params.slots * FOURS;
  if (head >= params.value_head) {
    v_store((head - params.value_head) * plane + slot, x);
    return;
  }
  qkv[at] = x * norm;
  k_store((head - params.key_head) * plane + slot, x * norm);
}
