// What mul_mat_id and mul_mat_id_few share: the lists of choices, cut into pieces, gathered on the way in and scattered on
// the way out.
struct Params {
  w0: Matrix,
  w1: Matrix,
  w0_stride: u32, // words from one slot to the next
  w1_stride: u32,
  experts: u32,
  choices: u32, // n k
  choices_per_vector: u32, // k, or 1 when x has a vector for each choice
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
  choice_first: u32,
  groups_first: u32,
  slots_first: u32,
}

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [rows / 4, n k]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4, n or n k]
@group(0) @binding({BINDING}) var<storage, read> choice: array<Choice>; // [n k]
@group(0) @binding({BINDING}) var<storage, read> groups_of: array<u32>; // [experts + 1 + n k], by group_tokens
#if SLOTS
@group(0) @binding({BINDING}) var<storage, read> slots: array<u32>; // [experts]

fn slot_of(expert: u32) -> u32 { return slots[params.slots_first + expert]; }
#else
fn slot_of(expert: u32) -> u32 { return expert; }
#endif

// Piece is a stretch of one expert's list, from place first to its end or until the columns are full.
struct Piece {
  slot: u32, // of the expert
  first: u32,
  end: u32,
}

// piece_of finds the piece of that number, when each is `length` places. How long the lists are is known here only, so
// there are workgroups for the worst case: those past the last piece get an empty one, and return. So do those of a
// missing expert.
fn piece_of(number: u32, length: u32) -> Piece {
  var before = 0u; // pieces of lower experts
  var begin = groups_of[params.groups_first];
  for (var e = 0u; e < params.experts; e++) {
    let end = groups_of[params.groups_first + e + 1u];
    let pieces = (end - begin + length - 1u) / length;
    if (number < before + pieces) {
      let slot = slot_of(e);
      return Piece(slot, begin + (number - before) * length, select(end, 0u, slot == MISSING));
    }
    before += pieces;
    begin = end;
  }
  return Piece(0u, 0u, 0u);
}

// choice_at is the number of the choice at a place in the lists, the last one past their end.
fn choice_at(place: u32) -> u32 {
  return groups_of[params.groups_first + params.experts + 1u + min(place, params.choices - 1u)];
}

// vector is the first vec4 in x of the choice at a place.
fn vector(place: u32) -> u32 {
  return params.x_first + (choice_at(place) / params.choices_per_vector) * (params.w0.hidden >> 2u);
}

// store puts four rows of a choice's product, counted through both matrices, where the choice's number says. The weight
// may scale the product as well as x.
fn store(four: u32, place: u32, sum: vec4<f32>) {
  let c = choice_at(place);
  let fours = (params.w0.rows + params.w1.rows) >> 2u;
  if (four >= fours) { return; }
#if WEIGHED
  dst[params.dst_first + c * fours + four] = sum * choice[params.choice_first + c].weight;
#else
  dst[params.dst_first + c * fours + four] = sum;
#endif
}
