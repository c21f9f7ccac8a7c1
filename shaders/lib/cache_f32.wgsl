// A KV cache in F32.
@group(0) @binding({BINDING}) var<storage, {ACCESS}> {W}: array<vec4<f32>>; // [headDim / 4, slots, numKVHeads]
#if ACCESS == read

fn {W}_vec4(i: u32) -> vec4<f32> { return {W}[i]; }
#else

fn {W}_store(i: u32, value: vec4<f32>) { {W}[i] = value; }
#endif
