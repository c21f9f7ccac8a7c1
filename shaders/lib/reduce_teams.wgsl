var<workgroup> shares: array<array<vec4<f32>, LANES>, TEAMS>;

// reduce_teams adds the shares of the LANES invocations of each team; the first lane has the sum. One barrier and a
// short loop beat a tree of barriers while LANES is small.
fn reduce_teams(share: vec4<f32>, id: vec2<u32>) -> vec4<f32> {
  shares[id.y][id.x] = share;
  workgroupBarrier();
  var sum = share;
  if (id.x == 0u) {
    for (var lane = 1u; lane < LANES; lane++) { sum += shares[id.y][lane]; }
  }
  return sum;
}
