// op: everything the preprocessor can do, for TestExpandGolden.
struct Params { first: u32 }

@group(0) @binding(0) var<storage, read_write> dst: array<f32>; // [n]
@group(0) @binding(1) var<storage, read> w0: array<f32>; // [n]
fn w0_at(i: u32) -> f32 { return w0[i]; }
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) lane: u32) {
  let at = params.first + lane;
  dst[at] += w0_at(lane);
}
