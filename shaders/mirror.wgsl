// Copies the upper triangle of h [n, n] onto the lower one.
struct Params { n: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> h: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.n || id.y >= params.n || id.x >= id.y) { return; }
  h[id.y * params.n + id.x] = h[id.x * params.n + id.y];
}
