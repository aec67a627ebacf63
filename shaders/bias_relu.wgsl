// y ← max(0, y + b) in place, y: [rows, columns], b: [columns]; without BIAS b is nothing.
struct Params {
  count: u32, columns: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count) { return; }
  y[i] = max(0.0, y[i] + shift(i % params.columns));
}
