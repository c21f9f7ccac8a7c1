// F32: a row is hidden / 4 vec4s.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<vec4<f32>>; // [hidden / 4, rows]

fn {W}_vec4(m: Matrix, row: u32, i: u32) -> vec4<f32> { return {W}[((m.first + row * m.hidden) >> 2u) + i]; }
#include "lib/floats.wgsl"
