// Gradients of m = silu(gate) · up with σ = 1 / (1 + e⁻ˣ): dgate = dm·up·σ·(1 + gate·(1 − σ)), dup = dm·gate·σ.
struct Params {
  count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<f32>;
@group(0) @binding(2) var<storage, read> up: array<f32>;
@group(0) @binding(3) var<storage, read> dm: array<f32>;
@group(0) @binding(4) var<storage, read_write> dgate: array<f32>;
@group(0) @binding(5) var<storage, read_write> dup: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  // beyond −80 both gradients are 0 in float32 anyway, and e⁻ˣ would overflow
  let x = max(gate[i], -80.0);
  let sigma = 1.0 / (1.0 + exp(-x));
  dgate[i] = dm[i] * up[i] * sigma * (1.0 + x * (1.0 - sigma));
  dup[i] = dm[i] * x * sigma;
}
