// y[a, b] = x[nodes[a], nodes[b]]; x: [n, n], y: [count, count].
struct Params {
  n: u32, count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.count || id.y >= params.count) { return; }
  y[id.y * params.count + id.x] = x[nodes[id.y] * params.n + nodes[id.x]];
}
