// sigmoid and silu clamp z at -80: there sigmoid is 0 to within f32, and further below exp would overflow.
fn sigmoid(z: f32) -> f32 { return 1.0 / (1.0 + exp(min(-z, 80.0))); }

fn silu(z: f32) -> f32 { return z / (1.0 + exp(min(-z, 80.0))); }
