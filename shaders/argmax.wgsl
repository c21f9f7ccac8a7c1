// argmax: dst[0] = the index of the largest logit, the lowest one on a tie. One workgroup.
struct Params {
  vocab: u32,
  dst_first: u32,
  logits_first: u32,
}

const LANES = 256u;

@group(0) @binding({BINDING}) var<storage, read_write> dst: array<u32>; // [1]
@group(0) @binding({BINDING}) var<storage, read> logits: array<f32>; // [vocab]
@group(0) @binding({BINDING}) var<uniform> params: Params;

// Best is a logit and where it stands.
struct Best {
  logit: f32,
  at: u32,
}

var<workgroup> bests: array<Best, LANES>;

fn better(a: Best, b: Best) -> Best {
  if (b.logit > a.logit || (b.logit == a.logit && b.at < a.at)) { return b; }
  return a;
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_id) id: vec3<u32>) {
  let lane = id.x;
  var best = Best(logits[params.logits_first], 0u);
  for (var i = lane; i < params.vocab; i += LANES) {
    best = better(best, Best(logits[params.logits_first + i], i));
  }
  bests[lane] = best;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { bests[lane] = better(bests[lane], bests[lane + half]); }
  }
  if (lane == 0u) { dst[params.dst_first] = bests[0].at; }
}
