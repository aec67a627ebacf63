// Gradient of y = x̂·w + b with x̂ = (x − mean)·r, r = 1 / sqrt(variance + eps): dx = r·(g − mean(g) − x̂·mean(g·x̂)), g = w·dy;
// rows shared as lib/together.wgsl or lib/alone.wgsl say. Added to what dx holds when accumulate is not 0.
struct Params {
  rows: u32, hidden: u32, eps: f32, accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, hidden]
@group(0) @binding(2) var<storage, read> w: array<f32>; // [hidden]
@group(0) @binding(3) var<storage, read> dy: array<f32>; // [rows, hidden]
@group(0) @binding(4) var<storage, read_write> dx: array<f32>; // [rows, hidden]

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let row = item_of(group.y * groups.x + group.x, index);
  if (row >= params.rows) { return; }
  let lane = index % LANES;
  let base = row * params.hidden;
  let count = f32(params.hidden);
  var sum = 0.0;
  var slopes = 0.0;
  for (var i = lane; i < params.hidden; i += LANES) {
    sum += x[base + i];
    slopes += w[i] * dy[base + i];
  }
  let mean = sum_over_lanes(lane, sum) / count;
  let slope = sum_over_lanes(lane, slopes) / count;
  var squares = 0.0;
  var products = 0.0;
  for (var i = lane; i < params.hidden; i += LANES) {
    let away = x[base + i] - mean;
    squares += away * away;
    products += away * w[i] * dy[base + i];
  }
  let r = inverseSqrt(sum_over_lanes(lane, squares) / count + params.eps);
  let along = sum_over_lanes(lane, products) / count * r * r;
  for (var i = lane; i < params.hidden; i += LANES) {
    let share = r * (w[i] * dy[base + i] - slope - (x[base + i] - mean) * along);
    var before = 0.0;
    if (params.accumulate != 0u) { before = dx[base + i]; }
    dx[base + i] = before + share;
  }
}
