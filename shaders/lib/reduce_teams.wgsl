#if LANES == 1
// A team of one lane has its sum already; without a barrier a CPU runs the workgroup as plain loops.
fn reduce_teams(share: {SHARE}, id: vec2<u32>) -> {SHARE} { return share; }
#else
var<workgroup> shares: array<array<{SHARE}, LANES>, TEAMS>;

// reduce_teams adds the shares of the LANES invocations of each team; the first lane has the sum. One barrier and a
// short loop beat a tree of barriers while LANES is small.
fn reduce_teams(share: {SHARE}, id: vec2<u32>) -> {SHARE} {
  shares[id.y][id.x] = share;
  workgroupBarrier();
  var sum = share;
  if (id.x == 0u) {
    for (var lane = 1u; lane < LANES; lane++) { sum += shares[id.y][lane]; }
  }
  return sum;
}
#endif
