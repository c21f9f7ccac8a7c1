// silu is z · sigmoid(z). Below -80 it is 0 to within f32, and exp would overflow.
fn silu(z: f32) -> f32 { return z / (1.0 + exp(min(-z, 80.0))); }
