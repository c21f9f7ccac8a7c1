const LANES = {LANES}u;
const ROW_GROUPS = {ROW_GROUPS}u;
const COLUMNS = {COLUMNS}u;

// A lane's part of a row group of dst, for COLUMNS columns of activations. The includer declares
//   vector(column) -> u32: the first vec4 in x of a column; any other for a column past the last
//   store(row_group, column, sum)
var<private> sums: array<vec4<f32>, COLUMNS>;

#if LANES == 1
// One lane has the whole sums. Without a barrier, a CPU runs the workgroup as plain loops.
fn store_sums(row_group: u32, column: u32, end: u32, id: vec2<u32>) {
  for (var t = 0u; t < min(COLUMNS, end - column); t++) { store(row_group, column + t, sums[t]); }
}
#else
var<workgroup> partials: array<array<array<vec4<f32>, LANES>, ROW_GROUPS>, COLUMNS>;

// store_sums adds the parts of a row group's lanes and stores the sums of the columns before the end. Each lane adds
// some of the columns.
fn store_sums(row_group: u32, column: u32, end: u32, id: vec2<u32>) {
  for (var t = 0u; t < COLUMNS; t++) { partials[t][id.y][id.x] = sums[t]; }
  workgroupBarrier();
  for (var t = id.x; t < min(COLUMNS, end - column); t += LANES) {
    var sum = vec4<f32>();
    for (var lane = 0u; lane < LANES; lane++) { sum += partials[t][id.y][lane]; }
    store(row_group, column + t, sum);
  }
}
#endif
