@group(0) @binding({BINDING}) var<storage, read> {W}: array<{TYPE}>; // [n]
#if TYPE == f32
fn {W}_at(i: u32) -> f32 { return {W}[i]; }
#else
fn {W}_at(i: u32) -> f32 { return unpack2x16float({W}[i / 2u])[i % 2u]; }
#endif
