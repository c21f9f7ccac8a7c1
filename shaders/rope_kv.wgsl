// rope_kv: rotates query and key heads in place, stores keys and values in the cache. One invocation handles four
// numbers of a head: two pairs.
struct Params {
  qkv_first: u32, // vec4s
  step_first: u32,
  table_first: u32, // pairs
  positions: u32, // rows of the table
  pairs: u32, // rotated ones of a head, maybe fewer than half of headDim
  fours: u32, // headDim / 4
  slots: u32,
  tokens: u32,
  first_head: u32, // of those that there is work for: queries only when they rotate
  key_head: u32, // the first key head, numHeads
  value_head: u32, // the first value head, numHeads + numKVHeads
  end_head: u32, // numHeads + 2 numKVHeads
}

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
@group(0) @binding({BINDING}) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>,
        @builtin(local_invocation_id) id: vec3<u32>) {
  let i = (group.y * grid.x + group.x) * 64u + id.x;
  let heads = params.end_head - params.first_head;
  let four = i % params.fours;
  let head = params.first_head + (i / params.fours) % heads;
  let token = i / (params.fours * heads);
  if (token >= params.tokens) { return; }

  let pos = step[params.step_first] + token;
  let at = params.qkv_first + (token * params.end_head + head) * params.fours + four;
  var x = qkv[at];
#if ROTATE
  if (head < params.value_head) {
    x = vec4<f32>(rotate(x.xy, 2u * four, pos), rotate(x.zw, 2u * four + 1u, pos));
    qkv[at] = x;
  }
#endif
  let slot = (pos % params.slots) * params.fours + four;
  let plane = params.slots * params.fours;
  if (head >= params.value_head) {
    v_store((head - params.value_head) * plane + slot, x);
  } else if (head >= params.key_head) {
    k_store((head - params.key_head) * plane + slot, x);
  }
}
