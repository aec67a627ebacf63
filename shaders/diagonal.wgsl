// d[i] = a[i, i] for the rows of a panel [count, n] that begins at row `first` of [n, n]
struct Params { n: u32, first: u32, count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> d: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < params.count) { d[params.first + id.x] = a[id.x * params.n + params.first + id.x]; }
}
