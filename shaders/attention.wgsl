// attention: softmax(q K / sqrt(headDim)) V for the tokens of a call, whose keys are in the cache already. A
// workgroup computes TOKENS tokens and HEADS query heads of one key head, in blocks of positions. A token attends to
// the positions up to its own within its window; with ALL, to every slot.
struct Params {
  dst_first: u32, // vec4s, as qkv_first
  qkv_first: u32,
  step_first: u32,
  slots: u32,
  window: u32, // positions; 0 for no window
  tokens: u32,
  heads: u32, // query heads
  qkv_heads: u32, // heads of queries, keys and values together
  head_tiles: u32, // tiles of HEADS query heads for each key head
  scale: f32,
}

const HEADS = {HEADS}u;
const TOKENS = {TOKENS}u;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [headDim / 4, heads, n]
#include "lib/attend.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;

var<private> first_head: u32;
var<private> first_token: u32;
var<private> first_pos: u32; // position of the call's first token

fn token_of(r: u32) -> u32 { return first_token + r / HEADS; }

fn row_query(r: u32) -> u32 {
  let token = min(token_of(r), params.tokens - 1u);
  return params.qkv_first + (token * params.qkv_heads + first_head + r % HEADS) * HEAD_VEC4S;
}

#if ALL
fn row_begin(r: u32) -> u32 { return 0u; }
fn row_end(r: u32) -> u32 { return params.slots; }
#else
fn row_begin(r: u32) -> u32 { return window_begin(first_pos + token_of(r)); }
fn row_end(r: u32) -> u32 { return first_pos + token_of(r) + 1u; }
#endif

fn window_begin(pos: u32) -> u32 {
  if (params.window == 0u) { return 0u; }
  return pos - pos % params.window;
}

@compute @workgroup_size({LANES})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  first_head = workgroup_id.x * HEADS;
  first_token = workgroup_id.y * TOKENS;
#if ALL
  let begin = 0u;
  let end = params.slots;
#else
  let pos = step[params.step_first]; // used below in place of first_pos, a var<private>, which is not uniform
  first_pos = pos;
  let begin = window_begin(pos + workgroup_id.y * TOKENS);
  let end = pos + min((workgroup_id.y + 1u) * TOKENS, params.tokens);
#endif
  for (var at = begin; at < end; at += BLOCK) {
    attend_block(id.x, Block(workgroup_id.x / params.head_tiles, at, min(at + BLOCK, end)));
  }
  store_partials(id.x);
  for (var i = id.x; i < ROWS * HEAD_VEC4S; i += LANES) {
    let r = i / HEAD_VEC4S;
    if (token_of(r) < params.tokens) {
      let at = (token_of(r) * params.heads + first_head + r % HEADS) * HEAD_VEC4S + i % HEAD_VEC4S;
      dst[params.dst_first + at] = value_sum(r, i % HEAD_VEC4S) / weight_sum(r);
    }
  }
}
