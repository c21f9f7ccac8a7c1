// Activations are the 32 numbers of x that a group of weights is multiplied with. x has them times
// BYTE_UNIT, since q of the group does not; sum has the sum of each half of 16, for the minimum.
struct Activations {
  x: array<vec4<f32>, 8>,
  sum: vec2<f32>,
}

// x_vec4 returns vec4 i of the vector that begins at vec4 first, zeros past its end.
fn x_vec4(first: u32, hidden: u32, i: u32) -> vec4<f32> {
#if RAGGED
  return select(vec4<f32>(), x[first + i], i < (hidden >> 2u));
#else
  return x[first + i];
#endif
}

// activations returns the activations for group g of a row, from the vector that begins at vec4 first.
fn activations(first: u32, hidden: u32, g: u32) -> Activations {
  let i = g << 3u;
  let a = array<vec4<f32>, 8>(
    x_vec4(first, hidden, i), x_vec4(first, hidden, i + 1u),
    x_vec4(first, hidden, i + 2u), x_vec4(first, hidden, i + 3u),
    x_vec4(first, hidden, i + 4u), x_vec4(first, hidden, i + 5u),
    x_vec4(first, hidden, i + 6u), x_vec4(first, hidden, i + 7u));
  let lo = dot(a[0] + a[1] + a[2] + a[3], vec4<f32>(1.0));
  let hi = dot(a[4] + a[5] + a[6] + a[7], vec4<f32>(1.0));
  let scaled = array<vec4<f32>, 8>(
    a[0] * BYTE_UNIT, a[1] * BYTE_UNIT, a[2] * BYTE_UNIT, a[3] * BYTE_UNIT,
    a[4] * BYTE_UNIT, a[5] * BYTE_UNIT, a[6] * BYTE_UNIT, a[7] * BYTE_UNIT);
  return Activations(scaled, vec2<f32>(lo, hi));
}

// dot_group returns the product of a group of weights with its activations.
fn dot_group(w: Group, a: Activations) -> f32 {
  let lo = dot(w.q[0], a.x[0]) + dot(w.q[1], a.x[1]) + dot(w.q[2], a.x[2]) + dot(w.q[3], a.x[3]);
  let hi = dot(w.q[4], a.x[4]) + dot(w.q[5], a.x[5]) + dot(w.q[6], a.x[6]) + dot(w.q[7], a.x[7]);
  return dot(w.scale, vec2<f32>(lo, hi)) + dot(w.min, a.sum);
}
