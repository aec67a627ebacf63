// a[i, j] = h[r(i), r(j)] + λ·δᵢⱼ with r(i) = order[n−1−i], λ = damping·mean: H in quantization order, index-reversed and damped.
// h: [n, n], upper triangle only. Of both a panel of rows; what comes from another panel of h is left alone. A dead column (h[j, j] = 0) gets 1 on the diagonal, as GPTQ does.
struct Params { n: u32, damping: f32, h_first: u32, h_count: u32, a_first: u32, a_count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> h: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>; // [1], of the diagonal
@group(0) @binding(4) var<storage, read_write> a: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let n = params.n;
  if (id.x >= n || id.y >= params.a_count) { return; }
  let i = order[n - 1u - params.a_first - id.y];
  let j = order[n - 1u - id.x];
  let row = min(i, j);
  if (row < params.h_first || row >= params.h_first + params.h_count) { return; }
  var value = h[(row - params.h_first) * n + max(i, j)];
  if (i == j) { value = select(value, 1.0, value == 0.0) + params.damping * mean[0]; }
  a[id.y * n + id.x] = value;
}
