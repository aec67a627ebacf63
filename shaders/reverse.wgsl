// b[i, j] = a[n−1−i, n−1−j], a panel of rows of each, [n, n] in all; what lies in another panel of a is left alone. Turns L⁻¹ of the reversed matrix into the upper factor U.
struct Params { n: u32, a_first: u32, a_count: u32, b_first: u32, b_count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> b: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let n = params.n;
  if (id.x >= n || id.y >= params.b_count) { return; }
  let row = n - 1u - params.b_first - id.y;
  if (row < params.a_first || row >= params.a_first + params.a_count) { return; }
  b[id.y * n + id.x] = a[(row - params.a_first) * n + (n - 1u - id.x)];
}
