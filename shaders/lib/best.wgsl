// Best is a logit and where it stands.
struct Best {
  logit: f32,
  at: u32,
}

var<workgroup> bests: array<Best, LANES>;

// better is the larger one; of equal ones that which comes first.
fn better(a: Best, b: Best) -> Best {
  if (b.logit > a.logit || (b.logit == a.logit && b.at < a.at)) { return b; }
  return a;
}

// reduce_best finds the best of all LANES invocations, a power of two of them; lane 0 gets it.
fn reduce_best(mine: Best, lane: u32) -> Best {
  bests[lane] = mine;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { bests[lane] = better(bests[lane], bests[lane + half]); }
  }
  return bests[lane];
}
