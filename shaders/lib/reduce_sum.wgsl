var<workgroup> sums: array<f32, LANES>;

// reduce_sum adds the values of all LANES invocations, a power of two of them; each gets the sum.
fn reduce_sum(value: f32, lane: u32) -> f32 {
  sums[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  workgroupBarrier();
  let sum = sums[0];
  workgroupBarrier(); // the next use may begin
  return sum;
}
