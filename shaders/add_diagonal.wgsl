// a ← a + value·I, as far as that lies in a panel [count, n] that begins at row `first`.
struct Params { n: u32, first: u32, count: u32, value: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> a: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < params.count) { a[id.x * params.n + params.first + id.x] += params.value; }
}
