// Shared by mul_mat_id and mul_mat_id_few. The lists of choices are cut into pieces; the workgroups of a piece gather
// its vectors from x and scatter its products to dst.
struct Params {
  w0: Matrix,
  w1: Matrix,
  w0_stride: u32, // words from one slot to the next
  w1_stride: u32,
  experts: u32,
  choices: u32, // n k
  choices_per_vector: u32, // k, or 1 if x has a vector for each choice
  dst_first: u32, // vec4s, as x_first
  x_first: u32,
  choice_first: u32,
  groups_first: u32,
  slots_first: u32,
}

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<vec4<f32>>; // [rows / 4, n k]
@group(0) @binding({BINDING}) var<storage, read> x: array<vec4<f32>>; // [hidden / 4, n or n k]
@group(0) @binding({BINDING}) var<storage, read> choice: array<Choice>; // [n k]
@group(0) @binding({BINDING}) var<storage, read> token_groups: array<u32>; // [experts + 1 + n k], by group_tokens
#if SLOTS
@group(0) @binding({BINDING}) var<storage, read> slots: array<u32>; // [experts]

fn slot_of(expert: u32) -> u32 { return slots[params.slots_first + expert]; }
#else
fn slot_of(expert: u32) -> u32 { return expert; }
#endif

// Piece is a range of one expert's list: entries from first up to the end of the list, as many as there are columns.
struct Piece {
  slot: u32, // the expert's
  first: u32,
  end: u32,
}

// piece_of returns the piece with this number, where each piece has length entries. Only the GPU knows how long the
// lists are, so that the grid has workgroups for the worst case: those past the last piece get an empty piece and
// return. So do those of a missing expert.
fn piece_of(number: u32, length: u32) -> Piece {
  var before = 0u; // pieces of lower experts
  var begin = token_groups[params.groups_first];
  for (var e = 0u; e < params.experts; e++) {
    let end = token_groups[params.groups_first + e + 1u];
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

// choice_at returns the number of the choice at an entry of the lists; past their end, that of the last entry.
fn choice_at(entry: u32) -> u32 {
  return token_groups[params.groups_first + params.experts + 1u + min(entry, params.choices - 1u)];
}

// vector returns the first vec4 in x of the choice at an entry.
fn vector(entry: u32) -> u32 {
  return params.x_first + (choice_at(entry) / params.choices_per_vector) * (params.w0.hidden >> 2u);
}

// store writes a row group of a choice's product, numbered through both matrices, to the column of the choice's
// number. With WEIGHTED it scales the product by the choice's weight, which is the same as scaling x.
fn store(row_group: u32, entry: u32, sum: vec4<f32>) {
  let c = choice_at(entry);
  let row_groups = (params.w0.rows + params.w1.rows) >> 2u;
  if (row_group >= row_groups) { return; }
#if WEIGHTED
  dst[params.dst_first + c * row_groups + row_group] = sum * choice[params.choice_first + c].weight;
#else
  dst[params.dst_first + c * row_groups + row_group] = sum;
#endif
}
