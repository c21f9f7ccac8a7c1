// op: everything the preprocessor can do, for TestExpandGolden.
struct Params { first: u32 }

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<f32>; // [n]
#include "lib/weight.wgsl" W=w0 TYPE={TYPE0}
#if TYPE1
#include "lib/weight.wgsl" W=w1 TYPE={TYPE1}
#endif
@group(0) @binding({BINDING}) var<uniform> params: Params;

@compute @workgroup_size({LANES})
fn main(@builtin(local_invocation_index) lane: u32) {
  let at = params.first + lane;
#if ADD
  dst[at] += w0_at(lane);
#else
  dst[at] = w0_at(lane);
#endif
#if TYPE1
  if (lane == {LANES}u - 1u) { dst[at] *= w1_at(lane); }
#endif
}
