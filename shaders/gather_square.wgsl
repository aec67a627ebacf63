// y[a, b] = X[nodes[a], nodes[b]], as far as row nodes[a] is among rows [first, first + rows) of X [n, n], which x holds.
// y: [count, count].
struct Params {
  n: u32, count: u32, first: u32, rows: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> nodes: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.count || id.y >= params.count) { return; }
  let row = nodes[id.y] - params.first; // wraps above rows before the panel
  if (row >= params.rows) { return; }
  y[id.y * params.count + id.x] = x[row * params.n + nodes[id.x]];
}
