#include "lib/{TYPE}.wgsl"
#if BIAS
@group(0) @binding({BINDING}) var<storage, read> {W}_bias: array<vec4<f32>>; // [rows / 4]
#endif
