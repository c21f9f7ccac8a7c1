// A group is 32 consecutive weights of one row, the unit in which every type is read. Each half of 16 has its own scale
// and minimum, and q is in the units its bytes have within a word, so that nothing is shifted out of place:
//
//   weight i = scale[i / 16] * q[i / 4][i % 4] * BYTE_UNIT[i % 4] + min[i / 16]
//
// A dot product takes the units from the activations once for all rows, multiplies by a scale once for 16 weights, and
// by a minimum once, with the sum of the activations.
struct Group {
  q: array<vec4<f32>, 8>,
  scale: vec2<f32>,
  min: vec2<f32>,
}

const BYTE_UNIT = vec4<f32>(1.0, 0x1p-8, 0x1p-16, 0x1p-24);
const BYTE_MASK = vec4<u32>(0xffu, 0xff00u, 0xff0000u, 0xff000000u);

// dequantise gives the weights themselves.
fn dequantise(w: Group) -> array<vec4<f32>, 8> {
  let lo = w.scale.x * BYTE_UNIT;
  let hi = w.scale.y * BYTE_UNIT;
  return array<vec4<f32>, 8>(
    w.q[0] * lo + w.min.x, w.q[1] * lo + w.min.x, w.q[2] * lo + w.min.x, w.q[3] * lo + w.min.x,
    w.q[4] * hi + w.min.y, w.q[5] * hi + w.min.y, w.q[6] * hi + w.min.y, w.q[7] * hi + w.min.y);
}

// Matrix says where a matrix [hidden, rows] lies in its binding. An expert is the same with other offsets.
struct Matrix {
  first: u32,  // word of its first weight or block body; a multiple of 4
  scales: u32, // word of its first f16 scale, for the types that keep them behind the bodies
  hidden: u32, // weights in a row
  rows: u32,
}

// groups is the number of groups in a row. The last one of a float type may reach past the row.
fn groups(m: Matrix) -> u32 { return (m.hidden + 31u) >> 5u; }

// bytes gives the four bytes of a word, each below 128, in their units. It goes through i32, since CPUs lack a
// conversion from u32; masking rather than shifting, since they lack shifts by lane.
fn bytes(word: u32) -> vec4<f32> {
  return vec4<f32>(vec4<i32>(vec4<u32>(word) & BYTE_MASK));
}

// signed_bytes gives them as -128 to 127: the highest is so already, the others are biased and taken back.
fn signed_bytes(word: u32) -> vec4<f32> {
  return bytes(word ^ 0x00808080u) - vec4<f32>(128.0, 32768.0, 8388608.0, 0.0);
}

// spread gives 32 bytes.
fn spread(lo: vec4<u32>, hi: vec4<u32>) -> array<vec4<f32>, 8> {
  return array<vec4<f32>, 8>(bytes(lo.x), bytes(lo.y), bytes(lo.z), bytes(lo.w),
                             bytes(hi.x), bytes(hi.y), bytes(hi.z), bytes(hi.w));
}

// nibbles gives the low halves of 16 bytes, then the high halves: the order of the blocks of 32.
fn nibbles(qs: vec4<u32>) -> array<vec4<f32>, 8> {
  return spread(qs & vec4<u32>(0x0f0f0f0fu), (qs >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu));
}

// half_of gives the f16 in the lower (i even) or upper (i odd) half of a word.
fn half_of(word: u32, i: u32) -> f32 { return unpack2x16float(word >> ((i & 1u) << 4u)).x; }

// byte_of gives byte i mod 4 of a word.
fn byte_of(word: u32, i: u32) -> u32 { return (word >> ((i & 3u) << 3u)) & 255u; }
