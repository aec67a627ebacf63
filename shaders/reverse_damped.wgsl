// a[i, j] = h[r(i), r(j)] + λ·δᵢⱼ with r(i) = order[n−1−i], λ = damping·mean: H in quantization order, index-reversed and damped.
// h: [n, n], upper triangle only. A dead column (h[j, j] = 0) gets 1 on the diagonal, as GPTQ does.
struct Params { n: u32, damping: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> h: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>; // [1], of the diagonal
@group(0) @binding(4) var<storage, read_write> a: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let n = params.n;
  if (id.x >= n || id.y >= n) { return; }
  let i = order[n - 1u - id.y];
  let j = order[n - 1u - id.x];
  var value = h[min(i, j) * n + max(i, j)];
  if (i == j) { value = select(value, 1.0, value == 0.0) + params.damping * mean[0]; }
  a[id.y * n + id.x] = value;
}
