// The way back through sum_norm.wgsl: with s = a + b, c = 1/sqrt(mean(s²) + eps), y = c·s and g = dL/dy,
//   da = db = dL/ds = c·(g − s·c²·mean(g·s)),
// each stored, or added to what is there when its flag is not 0. All [rows, hidden]; an invocation a row.
struct Params {
  rows: u32, hidden: u32, eps: f32, accumulate_a: u32, accumulate_b: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> da: array<f32>;
@group(0) @binding(5) var<storage, read_write> db: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups, SIZE);
  if (row >= params.rows) { return; }
  let base = row * params.hidden;
  var squares = 0.0;
  var product = 0.0;
  for (var i = base; i < base + params.hidden; i++) {
    let s = a[i] + b[i];
    squares += s * s;
    product += s * g[i];
  }
  let scale = inverseSqrt(squares / f32(params.hidden) + params.eps);
  let pull = scale * scale * product / f32(params.hidden);
  for (var i = base; i < base + params.hidden; i++) {
    let d = scale * (g[i] - (a[i] + b[i]) * pull);
    var before_a = 0.0;
    var before_b = 0.0;
    if (params.accumulate_a != 0u) { before_a = da[i]; }
    if (params.accumulate_b != 0u) { before_b = db[i]; }
    da[i] = before_a + d;
    db[i] = before_b + d;
  }
}
