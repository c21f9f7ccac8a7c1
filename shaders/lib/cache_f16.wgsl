// A cache in F16, four numbers in two words.
@group(0) @binding({BINDING}) var<storage, {ACCESS}> {W}: array<vec2<u32>>; // [headDim / 4, slots, numKVHeads]
#if ACCESS == read

fn {W}_four(i: u32) -> vec4<f32> {
  let two = {W}[i];
  return vec4<f32>(unpack2x16float(two.x), unpack2x16float(two.y));
}
#else

fn {W}_store(i: u32, four: vec4<f32>) {
  {W}[i] = vec2<u32>(pack2x16float(four.xy), pack2x16float(four.zw));
}
#endif
