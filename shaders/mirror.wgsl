// Copies the upper triangle of h onto the lower one: of [n, n], or of the square in a panel [count, n] that the diagonal passes
// from column `first` on.
struct Params { n: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> h: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.count || id.y >= params.count || id.x >= id.y) { return; }
  h[id.y * params.n + params.first + id.x] = h[id.x * params.n + params.first + id.y];
}
