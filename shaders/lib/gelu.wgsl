// x·Φ(x), Φ the normal distribution (Hendrycks & Gimpel 2016): by its tanh form where TANH, else by erf.
fn gelu(x: f32) -> f32 {
  if (TANH) {
    // beyond ±15 tanh is ±1 in float32, and an implementation by exponentials would overflow
    let inner = 0.7978845608028654 * (x + 0.044715 * x * x * x);
    return 0.5 * x * (1.0 + tanh(clamp(inner, -15.0, 15.0)));
  }
  return 0.5 * x * (1.0 + erf(x * 0.7071067811865476));
}

// Abramowitz & Stegun 7.1.26: off by 1.5·10⁻⁷ at most.
fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - series * exp(-min(x * x, 80.0)));
}

fn gelu_slope(x: f32) -> f32 {
  if (TANH) {
    let inner = 0.7978845608028654 * (x + 0.044715 * x * x * x);
    let t = tanh(clamp(inner, -15.0, 15.0));
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.7978845608028654 * (1.0 + 0.134145 * x * x);
  }
  return 0.5 * (1.0 + erf(x * 0.7071067811865476)) + x * 0.3989422804014327 * exp(-0.5 * min(x * x, 160.0));
}
