// levels: c, µ₁ ≤ … ≤ µ_G. The group whose amplitude is nearest to a = |w − c|, the lower of two as near: boundaries lie
// halfway between amplitudes (S5).
fn group_of(a: f32) -> u32 {
  var group = 0u;
  for (var k = 1u; k < GROUPS; k++) {
    group += select(0u, 1u, a > 0.5 * (levels[k] + levels[k + 1u]));
  }
  return group;
}

// (S7) q = clamp(round(w/α), −2^(b−1), 2^(b−1) − 1); 0 where the scale is.
fn salient_code(w: f32, alpha: f32, half: f32) -> f32 {
  return select(0.0, clamp(round(w / alpha), -half, half - 1.0), alpha > 0.0);
}
