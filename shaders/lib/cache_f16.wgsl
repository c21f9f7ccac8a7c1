// A KV cache in F16: four numbers in two words.
@group(0) @binding({BINDING}) var<storage, {ACCESS}> {W}: array<vec2<u32>>; // [headDim / 4, slots, numKVHeads]
#if ACCESS == read

fn {W}_vec4(i: u32) -> vec4<f32> {
  let words = {W}[i];
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}
#else

fn {W}_store(i: u32, value: vec4<f32>) {
  {W}[i] = vec2<u32>(pack2x16float(value.xy), pack2x16float(value.zw));
}
#endif
