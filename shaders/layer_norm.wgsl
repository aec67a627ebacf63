// y = (x − mean) / sqrt(variance + eps) · w + b; rows shared as lib/together.wgsl or lib/alone.wgsl say.
struct Params {
  rows: u32, hidden: u32, eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, hidden]
@group(0) @binding(2) var<storage, read> w: array<f32>; // [hidden]
@group(0) @binding(3) var<storage, read> b: array<f32>; // [hidden]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [rows, hidden]

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
  var sum = 0.0;
  for (var i = lane; i < params.hidden; i += LANES) { sum += x[base + i]; }
  let mean = sum_over_lanes(lane, sum) / f32(params.hidden);
  // a second look at x: the mean of squares less the square of the mean would lose what a large mean hides
  var squares = 0.0;
  for (var i = lane; i < params.hidden; i += LANES) { squares += (x[base + i] - mean) * (x[base + i] - mean); }
  let scale = inverseSqrt(sum_over_lanes(lane, squares) / f32(params.hidden) + params.eps);
  for (var i = lane; i < params.hidden; i += LANES) { y[base + i] = (x[base + i] - mean) * scale * w[i] + b[i]; }
}
