// Group is 32 consecutive weights of one row, the unit in which every type is read. Each half of 16 has its own scale
// and minimum. q is in the units that its bytes have in their word (byte c counts 256^c), so that no byte has to be
// shifted:
//
//   weight i = scale[i / 16] * q[i / 4][i % 4] * BYTE_UNIT[i % 4] + min[i / 16]
//
// A dot product applies the units to the activations, once for all rows; the scale once for 16 weights; and the minimum
// once for 16 weights, times the sum of the activations.
struct Group {
  q: array<vec4<f32>, 8>,
  scale: vec2<f32>,
  min: vec2<f32>,
}

const BYTE_UNIT = vec4<f32>(1.0, 0x1p-8, 0x1p-16, 0x1p-24);
const BYTE_MASK = vec4<u32>(0xffu, 0xff00u, 0xff0000u, 0xff000000u);

// dequantise returns the weights.
fn dequantise(w: Group) -> array<vec4<f32>, 8> {
  let lo = w.scale.x * BYTE_UNIT;
  let hi = w.scale.y * BYTE_UNIT;
  return array<vec4<f32>, 8>(
    w.q[0] * lo + w.min.x, w.q[1] * lo + w.min.x, w.q[2] * lo + w.min.x, w.q[3] * lo + w.min.x,
    w.q[4] * hi + w.min.y, w.q[5] * hi + w.min.y, w.q[6] * hi + w.min.y, w.q[7] * hi + w.min.y);
}

// Matrix is the place of a matrix [hidden, rows] in its binding. An expert's matrix has other offsets.
struct Matrix {
  first: u32,  // word of its first weight or block body; a multiple of 4
  scales: u32, // word of its first f16 scale, for the types whose scales follow the bodies
  hidden: u32, // weights in a row
  rows: u32,
}

// groups returns the number of groups in a row. The last group of a float type may reach past the row.
fn groups(m: Matrix) -> u32 { return (m.hidden + 31u) >> 5u; }

// bytes returns the four bytes of a word in their units; the highest is below 128. It converts from i32, since CPUs
// have no conversion from u32, and masks rather than shifts, since they have no shift with a different count for each
// lane.
fn bytes(word: u32) -> vec4<f32> {
  return vec4<f32>(vec4<i32>(vec4<u32>(word) & BYTE_MASK));
}

// signed_bytes returns the four bytes as -128 to 127: the highest is signed already; for the others it adds a bias of
// 128 to the byte and subtracts it from the result.
fn signed_bytes(word: u32) -> vec4<f32> {
  return bytes(word ^ 0x00808080u) - vec4<f32>(128.0, 32768.0, 8388608.0, 0.0);
}

// bytes32 returns the 32 bytes of eight words, each byte below 128, in their units.
fn bytes32(lo: vec4<u32>, hi: vec4<u32>) -> array<vec4<f32>, 8> {
  return array<vec4<f32>, 8>(bytes(lo.x), bytes(lo.y), bytes(lo.z), bytes(lo.w),
                             bytes(hi.x), bytes(hi.y), bytes(hi.z), bytes(hi.w));
}

// nibbles returns the low nibbles of 16 bytes, then the high nibbles: the order in blocks of 32.
fn nibbles(qs: vec4<u32>) -> array<vec4<f32>, 8> {
  return bytes32(qs & vec4<u32>(0x0f0f0f0fu), (qs >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu));
}

// f16_half returns the f16 in the lower (i even) or upper (i odd) half of a word.
fn f16_half(word: u32, i: u32) -> f32 { return unpack2x16float(word >> ((i & 1u) << 4u)).x; }

// byte_of returns byte i mod 4 of a word.
fn byte_of(word: u32, i: u32) -> u32 { return (word >> ((i & 3u) << 3u)) & 255u; }
