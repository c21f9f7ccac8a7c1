#if LANES == 1
// One lane has the whole sum. Without a barrier, a CPU runs the workgroup as plain loops.
fn reduce_lanes(lane_sum: {SUM}, id: vec2<u32>) -> {SUM} { return lane_sum; }
#else
var<workgroup> partials: array<array<{SUM}, LANES>, ROW_GROUPS>;

// reduce_lanes returns the sum of the parts of a row group's LANES invocations to the first of them. While LANES is
// small, one barrier and a short loop are faster than a tree of barriers.
fn reduce_lanes(lane_sum: {SUM}, id: vec2<u32>) -> {SUM} {
  partials[id.y][id.x] = lane_sum;
  workgroupBarrier();
  var sum = lane_sum;
  if (id.x == 0u) {
    for (var lane = 1u; lane < LANES; lane++) { sum += partials[id.y][lane]; }
  }
  return sum;
}
#endif
