// Gradient of y = x·r·w, w with its offset, with r = 1 / sqrt(mean(x²) + eps): dx = r·(w·dy − x·r²·mean(x·w·dy)); rows shared as lib/together.wgsl or
// lib/alone.wgsl say. Added to what dx holds when accumulate is not 0.
struct Params {
  rows: u32, hidden: u32, eps: f32, offset: f32, accumulate: u32,
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
  var squares = 0.0;
  var products = 0.0; // Σ x·w·dy
  for (var i = lane; i < params.hidden; i += LANES) {
    let value = x[base + i];
    squares += value * value;
    products += value * (w[i] + params.offset) * dy[base + i];
  }
  let r = inverseSqrt(sum_over_lanes(lane, squares) / f32(params.hidden) + params.eps);
  let along = sum_over_lanes(lane, products) / f32(params.hidden) * r * r;
  for (var i = lane; i < params.hidden; i += LANES) {
    let share = r * ((w[i] + params.offset) * dy[base + i] - x[base + i] * along);
    var before = 0.0;
    if (params.accumulate != 0u) { before = dx[base + i]; }
    dx[base + i] = before + share;
  }
}
