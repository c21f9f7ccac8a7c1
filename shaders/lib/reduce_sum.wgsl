var<workgroup> sums: array<f32, LANES>;

// reduce_sum returns the sum of the values of all LANES invocations to each of them; LANES is a power of two.
fn reduce_sum(value: f32, lane: u32) -> f32 {
  sums[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  workgroupBarrier();
  let sum = sums[0];
  workgroupBarrier(); // before the next call writes sums
  return sum;
}
