// gate ← silu(gate) · up, silu(x) = x / (1 + e⁻ˣ).
struct Params {
  count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> gate: array<f32>;
@group(0) @binding(2) var<storage, read> up: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  // beyond −80 silu is 0 in float32 anyway, and e⁻ˣ would overflow
  gate[i] = gate[i] / (1.0 + exp(-max(gate[i], -80.0))) * up[i];
}
