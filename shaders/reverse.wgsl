// b[i, j] = a[n−1−i, n−1−j], both [n, n]: turns L⁻¹ of the reversed matrix into the upper factor U.
struct Params { n: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> b: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let n = params.n;
  if (id.x >= n || id.y >= n) { return; }
  b[id.y * n + id.x] = a[(n - 1u - id.y) * n + (n - 1u - id.x)];
}
