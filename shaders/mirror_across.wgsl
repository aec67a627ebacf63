// to[i, j] = from[j, i] between two panels of rows of one matrix [n, n]: what lies above the diagonal in `from`, rows from_first on,
// onto what lies below it in `to`, rows to_first on.
struct Params { n: u32, from_first: u32, from_count: u32, to_first: u32, to_count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> h: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.from_count || id.y >= params.to_count) { return; }
  y[id.y * params.n + params.from_first + id.x] = h[id.x * params.n + params.to_first + id.y];
}
