// x ← cap · tanh(x / cap).
struct Params {
  count: u32, cap: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  // beyond ±15 tanh is ±1 in float32, and an implementation by exponentials would overflow
  x[i] = params.cap * tanh(clamp(x[i] / params.cap, -15.0, 15.0));
}
