// Q4_1: w = d nibble + m. Blocks of five words as in the file: d and m, then 16 bytes of nibbles. docs/spec/gguf.md
// §8.1.
@group(0) @binding({BINDING}) var<storage, read> {W}: array<u32>; // [5 hidden / 32, rows]

fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let block = m.first + 5u * (((row * m.hidden) >> 5u) + g);
  let dm = unpack2x16float({W}[block]);
  let qs = vec4<u32>({W}[block + 1u], {W}[block + 2u], {W}[block + 3u], {W}[block + 4u]);
  return Group(nibbles(qs), vec2<f32>(dm.x), vec2<f32>(dm.y));
}
