// A cache in F32.
@group(0) @binding({BINDING}) var<storage, {ACCESS}> {W}: array<vec4<f32>>; // [headDim / 4, slots, numKVHeads]
#if ACCESS == read

fn {W}_four(i: u32) -> vec4<f32> { return {W}[i]; }
#else

fn {W}_store(i: u32, four: vec4<f32>) { {W}[i] = four; }
#endif
