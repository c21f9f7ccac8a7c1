// op: everything the preprocessor can do, for TestExpandGolden.
struct Params { first: u32 }

@group(0) @binding(0) var<storage, read_write> dst: array<f32>; // [n]
@group(0) @binding(1) var<storage, read> w0: array<u32>; // [n]
fn w0_at(i: u32) -> f32 { return unpack2x16float(w0[i / 2u])[i % 2u]; }
@group(0) @binding(2) var<storage, read> w1: array<f32>; // [n]
fn w1_at(i: u32) -> f32 { return w1[i]; }
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  let at = params.first + lane;
  dst[at] = w0_at(lane);
  if (lane == 64u - 1u) { dst[at] *= w1_at(lane); }
}
