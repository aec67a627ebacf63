// Gumbel-Softmax over K choices a row: soft = softmax((logits + noise·G)/τ), G = −log(−log u), u from a hash, so that
// the way back draws what the way forward drew (Jang et al. 2017).
struct Params {
  rows: u32, choices: u32, temperature: f32, noise: f32, seed: u32, step: u32, accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>; // [rows, choices]

// One round of PCG (Jarzynski & Olano 2020).
fn pcg(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

// 23 bits and a half, which float32 holds exactly: never 0, never 1. The inner logarithm may be off by 2⁻²¹ near 1,
// hence its bound.
fn gumbel(at: u32) -> f32 {
  let u = (f32(pcg(at + pcg(params.step + pcg(params.seed))) >> 9u) + 0.5) / 8388608.0;
  return -log(max(-log(u), 1e-6));
}

// Logit k of the row, with its noise, over τ.
fn disturbed(row: u32, k: u32) -> f32 {
  let at = row * params.choices + k;
  var shift = 0.0;
  if (params.noise != 0.0) { shift = params.noise * gumbel(at); }
  return (logits[at] + shift) / params.temperature;
}

fn highest(row: u32) -> f32 {
  var top = disturbed(row, 0u);
  for (var k = 1u; k < params.choices; k++) { top = max(top, disturbed(row, k)); }
  return top;
}
