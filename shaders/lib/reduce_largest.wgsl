// Candidate is a logit and its index.
struct Candidate {
  logit: f32,
  index: u32,
}

var<workgroup> candidates: array<Candidate, LANES>;

// larger returns the candidate with the larger logit; of equal logits the one with the lower index.
fn larger(a: Candidate, b: Candidate) -> Candidate {
  if (b.logit > a.logit || (b.logit == a.logit && b.index < a.index)) { return b; }
  return a;
}

// reduce_largest returns to lane 0 the largest candidate of all LANES invocations; LANES is a power of two.
fn reduce_largest(own: Candidate, lane: u32) -> Candidate {
  candidates[lane] = own;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { candidates[lane] = larger(candidates[lane], candidates[lane + half]); }
  }
  return candidates[lane];
}
