// attention: softmax(q K / sqrt(headDim)) V for the tokens of a call, whose keys the cache already holds. A workgroup
// takes TOKENS tokens and HEADS query heads of one key head, and goes over the positions any of them sees in blocks:
// those up to its own, within its chunk; or, with ALL, every slot.
struct Params {
  dst_first: u32, // vec4s, as qkv_first
  qkv_first: u32,
  step_first: u32,
  slots: u32,
  chunk: u32, // tokens; 0: none
  tokens: u32,
  heads: u32, // query heads
  qkv_heads: u32, // queries, keys and values
  head_tiles: u32, // of HEADS query heads, to a key head
  scale: f32,
}

const HEADS = {HEADS}u;
const TOKENS = {TOKENS}u;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [headDim / 4, heads, n]
#include "lib/attend.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;

var<private> first_head: u32;
var<private> first_token: u32;
var<private> first_pos: u32; // of the call's first token

fn token_of(r: u32) -> u32 { return first_token + r / HEADS; }

fn row_query(r: u32) -> u32 {
  let token = min(token_of(r), params.tokens - 1u);
  return params.qkv_first + (token * params.qkv_heads + first_head + r % HEADS) * HEAD_FOURS;
}

#if ALL
fn row_begin(r: u32) -> u32 { return 0u; }
fn row_end(r: u32) -> u32 { return params.slots; }
#else
fn row_begin(r: u32) -> u32 { return chunk_begin(first_pos + token_of(r)); }
fn row_end(r: u32) -> u32 { return first_pos + token_of(r) + 1u; }
#endif

fn chunk_begin(pos: u32) -> u32 {
  if (params.chunk == 0u) { return 0u; }
  return pos - pos % params.chunk;
}

@compute @workgroup_size({LANES})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  first_head = group.x * HEADS;
  first_token = group.y * TOKENS;
#if ALL
  let begin = 0u;
  let end = params.slots;
#else
  let pos = step[params.step_first]; // not first_pos below: barriers want conditions that are plainly uniform
  first_pos = pos;
  let begin = chunk_begin(pos + group.y * TOKENS);
  let end = pos + min((group.y + 1u) * TOKENS, params.tokens);
#endif
  for (var at = begin; at < end; at += BLOCK) {
    attend_block(id.x, Block(group.x / params.head_tiles, at, min(at + BLOCK, end)));
  }
  gather(id.x);
  for (var i = id.x; i < ROWS * HEAD_FOURS; i += LANES) {
    let r = i / HEAD_FOURS;
    if (token_of(r) < params.tokens) {
      let at = (token_of(r) * params.heads + first_head + r % HEADS) * HEAD_FOURS + i % HEAD_FOURS;
      dst[params.dst_first + at] = value_sum(r, i % HEAD_FOURS) / weight_sum(r);
    }
  }
}
