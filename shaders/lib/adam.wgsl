// One step of Adam (Kingma & Ba 2015, algorithm 1) on a parameter; `params` has rate, beta1, beta2, eps and, at step t,
// unbias1 = 1/(1 − β₁ᵗ), unbias2 = 1/(1 − β₂ᵗ).

// The running means (m, u) of the gradient and of its square, g taken in. A gradient that is not finite counts as none:
// a loss that overflows leaves what was learned before.
fn adam_moments(before: vec2f, gradient: f32) -> vec2f {
  // by its bits: compilers may take it that no number is NaN
  let g = select(gradient, 0.0, (bitcast<u32>(gradient) & 0x7f800000u) == 0x7f800000u);
  return vec2f(
    params.beta1 * before.x + (1.0 - params.beta1) * g,
    params.beta2 * before.y + (1.0 - params.beta2) * g * g,
  );
}

// What they take off the parameter.
fn adam_move(moments: vec2f) -> f32 {
  return params.rate * moments.x * params.unbias1 / (sqrt(moments.y * params.unbias2) + params.eps);
}
