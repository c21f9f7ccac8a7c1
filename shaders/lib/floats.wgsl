
// The last group of a row may reach into the next row; the activations there are zeros.
fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let i = g << 3u;
  let unit = 1.0 / BYTE_UNIT;
  let q = array<vec4<f32>, 8>(
    {W}_vec4(m, row, i) * unit, {W}_vec4(m, row, i + 1u) * unit,
    {W}_vec4(m, row, i + 2u) * unit, {W}_vec4(m, row, i + 3u) * unit,
    {W}_vec4(m, row, i + 4u) * unit, {W}_vec4(m, row, i + 5u) * unit,
    {W}_vec4(m, row, i + 6u) * unit, {W}_vec4(m, row, i + 7u) * unit);
  return Group(q, vec2<f32>(1.0), vec2<f32>(0.0));
}
