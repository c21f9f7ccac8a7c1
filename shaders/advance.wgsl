// advance: step[0] += step[1], step[1] = 1: the position grows by the number of tokens, which becomes 1. One
// invocation.
struct Params {
  step_first: u32,
}

@group(0) @binding({BINDING}) var<storage, read_write> step: array<u32>; // [4]
#include "lib/guard.wgsl"
@group(0) @binding({BINDING}) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  if (stopped()) { return; }
  step[params.step_first] += step[params.step_first + 1u];
  step[params.step_first + 1u] = 1u;
}
