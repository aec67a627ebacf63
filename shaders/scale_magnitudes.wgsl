// y[i, j] = left[i]·|x[i, j]|·right[j], plus loops[i] on the diagonal, for rows [first, first + count) of a matrix of
// n columns, which x and y hold.
struct Params {
  n: u32, first: u32, count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> left: array<f32>;
@group(0) @binding(3) var<storage, read> right: array<f32>;
@group(0) @binding(4) var<storage, read> loops: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let n = params.n;
  if (id.x >= n || id.y >= params.count) { return; }
  let row = params.first + id.y;
  let at = id.y * n + id.x;
  y[at] = left[row] * abs(x[at]) * right[id.x] + select(0.0, loops[row], id.x == row);
}
