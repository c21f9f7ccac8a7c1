
fn {W}_group(m: Matrix, row: u32, g: u32) -> Group {
  let i = g << 3u;
  let q = array<vec4<f32>, 8>(
    {W}_four(m, row, i), {W}_four(m, row, i + 1u), {W}_four(m, row, i + 2u), {W}_four(m, row, i + 3u),
    {W}_four(m, row, i + 4u), {W}_four(m, row, i + 5u), {W}_four(m, row, i + 6u), {W}_four(m, row, i + 7u));
  return Group(q, vec2<f32>(1.0), vec2<f32>(0.0));
}
