// erf returns the error function to within 2e-7; WGSL has none. The polynomials are minimax fits (Remez) to within
// 2e-8; the rest of the error is the rounding of f32. From 4 on erf is 1 in f32; x is clamped there, since the square
// of a large x overflows.
fn erf(x: f32) -> f32 {
  let a = min(abs(x), 4.0);
  return sign(x) * select(erf_far(a), erf_near(a), a < 1.0);
}

// erf_near returns x times a polynomial in x², for 0 ≤ x ≤ 1.
fn erf_near(x: f32) -> f32 {
  let z = x * x;
  return x * (1.12837917 + z * (-0.376126267 + z * (0.112835947 + z * (-0.026854212 + z * (0.00518908742 +
    z * (-0.000801686429 + z * 7.87587506e-5))))));
}

// erf_far returns 1 - exp(-x²) Q(t) with t = 1 / (1 + x/2), for 1 ≤ x ≤ 4.
fn erf_far(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.5 * x);
  return 1.0 - exp(-x * x) * (0.0013318623 + t * (0.264432357 + t * (0.378711441 + t * (-0.0301791871 +
    t * (0.604472074 + t * -0.218795737)))));
}
