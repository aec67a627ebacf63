// y = s / sqrt(mean(s²) + eps), s = a + b, row by row, all [rows, hidden]; an invocation a row.
struct Params {
  rows: u32, hidden: u32, eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups, SIZE);
  if (row >= params.rows) { return; }
  let base = row * params.hidden;
  var squares = 0.0;
  for (var i = base; i < base + params.hidden; i++) {
    let s = a[i] + b[i];
    squares += s * s;
  }
  let scale = inverseSqrt(squares / f32(params.hidden) + params.eps);
  for (var i = base; i < base + params.hidden; i++) { y[i] = (a[i] + b[i]) * scale; }
}
