// One token's part of KL(p‖q) from log p and log q. Σ p and Σ q are both 1, so p·d may be written as q − p + p·d with
// d = log p − log q: no part is negative, and an error ε in d moves the sum by ε²/2, not by ε.
fn divergence_part(log_p: f32, log_q: f32) -> f32 {
  let d = log_p - log_q;
  let p = exp(log_p);
  // e⁻ᵈ − 1 + d, where the three terms would cancel
  if (abs(d) < 0.25) { return p * d * d * (0.5 - d * (1.0 / 6.0 - d * (1.0 / 24.0 - d * (1.0 / 120.0 - d / 720.0)))); }
  return exp(log_q) - p + p * d;
}
