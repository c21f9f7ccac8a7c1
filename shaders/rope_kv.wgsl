// rope_kv: rotates query and key heads in place, normalises them, scales queries by the temperature of their position,
// and stores keys and values in the cache. One invocation for each vec4 of a head, which is two pairs; a workgroup has
// HEADS whole heads.
struct Params {
  qkv_first: u32, // vec4s
  step_first: u32,
  table_first: u32, // pairs
  positions: u32, // rows of the table
  pairs: u32, // rotated pairs of a head, at most headDim / 2
  slots: u32,
  tokens: u32,
  first_head: u32, // the first head to process: numHeads when nothing changes the queries
  key_head: u32, // the first key head, numHeads
  value_head: u32, // the first value head, numHeads + numKVHeads
  end_head: u32, // numHeads + 2 numKVHeads
  eps: f32, // of the normalisation
  temp_scale: f32,
  temp_floor: u32,
}

const HEAD_VEC4S = {HEAD_VEC4S}u; // headDim / 4
const HEADS = {HEADS}u;

@group(0) @binding({BINDING}) var<storage, read_write> qkv: array<vec4<f32>>; // [headDim / 4, heads, n]
#include "lib/cache_{CACHE}.wgsl" W=k ACCESS=read_write
#include "lib/cache_{CACHE}.wgsl" W=v ACCESS=read_write
@group(0) @binding({BINDING}) var<storage, read> step: array<u32>;
#if ROTATE
@group(0) @binding({BINDING}) var<storage, read> table: array<vec2<f32>>; // cos and sin [pairs, positions]

// rotate rotates pair i of a head by its angle at a position.
fn rotate(pair: vec2<f32>, i: u32, pos: u32) -> vec2<f32> {
  if (i >= params.pairs) { return pair; }
  let cos_sin = table[params.table_first + (pos % params.positions) * params.pairs + i];
  return vec2<f32>(pair.x * cos_sin.x - pair.y * cos_sin.y, pair.x * cos_sin.y + pair.y * cos_sin.x);
}
#endif
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;

#if NORM
var<workgroup> squares: array<array<f32, HEAD_VEC4S>, HEADS>;

// norm_scale returns the factor that normalises a head. All lanes call it together.
fn norm_scale(x: vec4<f32>, id: vec2<u32>) -> f32 {
  squares[id.y][id.x] = dot(x, x);
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < HEAD_VEC4S; i++) { sum += squares[id.y][i]; }
  return inverseSqrt(sum / f32(4u * HEAD_VEC4S) + params.eps);
}
#else
fn norm_scale(x: vec4<f32>, id: vec2<u32>) -> f32 { return 1.0; }
#endif

// temperature returns the factor for the queries of a position.
fn temperature(pos: u32) -> f32 {
#if TEMPERATURE
  return 1.0 + params.temp_scale * log(f32((pos + 1u) / params.temp_floor) + 1.0);
#else
  return 1.0;
#endif
}

@compute @workgroup_size({HEAD_VEC4S}, {HEADS})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let i = (workgroup_id.y * grid.x + workgroup_id.x) * HEADS + id.y;
  let heads = params.end_head - params.first_head;
  let head = params.first_head + i % heads;
  let token = i / heads;
  let pos = step[params.step_first] + token;
  let at = params.qkv_first + (token * params.end_head + head) * HEAD_VEC4S + id.x;
  let in_range = token < params.tokens;
  var x = vec4<f32>();
  if (in_range) { x = qkv[at]; }
#if ROTATE
  if (head < params.value_head) {
    x = vec4<f32>(rotate(x.xy, 2u * id.x, pos), rotate(x.zw, 2u * id.x + 1u, pos));
  }
#endif
  let norm = norm_scale(x, id.xy);
  if (!in_range) { return; }

  if (head < params.key_head) {
    qkv[at] = x * (norm * temperature(pos));
    return;
  }
  let slot = (pos % params.slots) * HEAD_VEC4S + id.x;
  let plane = params.slots * HEAD_VEC4S;
  if (head >= params.value_head) {
    v_store((head - params.value_head) * plane + slot, x);
    return;
  }
  qkv[at] = x * norm;
  k_store((head - params.key_head) * plane + slot, x * norm);
}
