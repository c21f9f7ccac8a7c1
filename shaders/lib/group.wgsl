// A group is 32 consecutive weights of one row, the unit every quantisation is read in. Each half of 16 has its own
// scale and minimum: weight i = scale[i / 16] * q[i / 4][i % 4] + min[i / 16]. Keeping the integers apart from
// their scale lets a dot product multiply by it once, and by the minimum once with the sum of the activations.
struct Group {
  q: array<vec4<f32>, 8>,
  scale: vec2<f32>,
  min: vec2<f32>,
}
