// Adds what an expert gives, by the share that each token gives the expert.
struct Params {
  rows: u32, columns: u32, experts: u32, expert: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read> shares: array<f32>; // [rows, experts]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, columns]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.columns) { return; }
  y[i] += x[i] * shares[i / params.columns * params.experts + params.expert];
}
