// attention_vec: softmax(q K / sqrt(headDim)) V for one token. A workgroup computes the query heads of one key head, or
// some of them, for one split of the positions. With more than one split, attention_vec_merge merges the results.
struct Params {
  dst_first: u32, // vec4s, as qkv_first
  qkv_first: u32,
  step_first: u32,
  slots: u32,
  window: u32, // positions; 0 for no window
  splits: u32, // in the grid; a split without positions returns at once
  head_tiles: u32, // tiles of ROWS query heads for each key head
  scale: f32,
}

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [headDim / 4, heads], or see MERGE
#include "lib/attend.wgsl"
#include "lib/splits.wgsl"
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;

var<private> first_head: u32; // the first of ROWS query heads
var<private> split_begin: u32;
var<private> split_end: u32;

fn row_query(r: u32) -> u32 { return params.qkv_first + (first_head + r) * HEAD_VEC4S; }
fn row_begin(r: u32) -> u32 { return split_begin; }
fn row_end(r: u32) -> u32 { return split_end; }

@compute @workgroup_size({LANES})
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_id) id: vec3<u32>) {
  if (stopped()) { return; }
  let split = workgroup_id.x;
  let head_tile = workgroup_id.y;
  let pos = step[params.step_first];
  var first = 0u;
  if (params.window > 0u) { first = pos - pos % params.window; }
  let length = split_length(pos + 1u - first, params.splits, BLOCK);
  let begin = first + split * length;
  if (begin > pos) { return; }

  let end = min(begin + length, pos + 1u);
  first_head = head_tile * ROWS;
  split_begin = begin;
  split_end = end;
  for (var at = begin; at < end; at += BLOCK) {
    attend_block(id.x, Block(head_tile / params.head_tiles, at, min(at + BLOCK, end)));
  }
  store_partials(id.x);
  for (var i = id.x; i < ROWS * HEAD_VEC4S; i += LANES) {
    let r = i / HEAD_VEC4S;
    let sum = value_sum(r, i % HEAD_VEC4S);
#if MERGE
    // [headDim / 4 + 1, splits, heads]: the sum of weighted values, then the maximum score and the sum of weights
    let at = ((first_head + r) * params.splits + split) * (HEAD_VEC4S + 1u);
    dst[at + i % HEAD_VEC4S] = sum;
    if (i % HEAD_VEC4S == 0u) { dst[at + HEAD_VEC4S] = vec4<f32>(rescale[r], weight_sum(r), 0.0, 0.0); }
#else
    dst[params.dst_first + first_head * HEAD_VEC4S + i] = sum / weight_sum(r);
#endif
  }
}
