const LANES = {LANES}u;
const TEAMS = {TEAMS}u;
const COLUMNS = {COLUMNS}u;

// A lane's shares of four rows of dst, for COLUMNS columns of activations. The includer brings
//   vector(column) -> u32: the first vec4 in x of a column; any, for one past the last
//   store(four, column, sum)
var<private> sums: array<vec4<f32>, COLUMNS>;

#if LANES == 1
// A team of one lane has its sums already; without a barrier a CPU runs the workgroup as plain loops.
fn store_sums(four: u32, column: u32, end: u32, id: vec2<u32>) {
  for (var t = 0u; t < min(COLUMNS, end - column); t++) { store(four, column + t, sums[t]); }
}
#else
var<workgroup> shares: array<array<array<vec4<f32>, LANES>, TEAMS>, COLUMNS>;

// store_sums adds the shares of a team's lanes, a lane for each column before the end.
fn store_sums(four: u32, column: u32, end: u32, id: vec2<u32>) {
  for (var t = 0u; t < COLUMNS; t++) { shares[t][id.y][id.x] = sums[t]; }
  workgroupBarrier();
  for (var t = id.x; t < min(COLUMNS, end - column); t += LANES) {
    var sum = vec4<f32>();
    for (var lane = 0u; lane < LANES; lane++) { sum += shares[t][id.y][lane]; }
    store(four, column + t, sum);
  }
}
#endif
