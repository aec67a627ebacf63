// One step of Adam (Kingma & Ba 2015, algorithm 1), element by element:
//   m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  w ← w − rate·(m/(1 − β₁ᵗ)) / (√(v/(1 − β₂ᵗ)) + eps).
struct Params {
  count: u32, rate: f32, beta1: f32, beta2: f32, eps: f32,
  unbias1: f32, // 1/(1 − β₁ᵗ)
  unbias2: f32, // 1/(1 − β₂ᵗ)
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read> g: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  m[i] = params.beta1 * m[i] + (1.0 - params.beta1) * g[i];
  v[i] = params.beta2 * v[i] + (1.0 - params.beta2) * g[i] * g[i];
  w[i] -= params.rate * m[i] * params.unbias1 / (sqrt(v[i] * params.unbias2) + params.eps);
}
