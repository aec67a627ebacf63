// What a reconstructed block is off by: d = scale·(y − t) and sums[i] = Σⱼ (y − t)²[i, j], all [rows, columns]; rows
// shared as lib/together.wgsl or lib/alone.wgsl say. With scale = 2/tokens, d is the gradient of the mean over tokens of Σⱼ (y − t)² to y.
struct Params {
  rows: u32, columns: u32, scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> t: array<f32>;
@group(0) @binding(3) var<storage, read_write> d: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>; // [rows]

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let row = item_of(group.y * groups.x + group.x, index);
  if (row >= params.rows) { return; }
  let lane = index % LANES;
  var squares = 0.0;
  for (var j = lane; j < params.columns; j += LANES) {
    let i = row * params.columns + j;
    let difference = y[i] - t[i];
    d[i] = params.scale * difference;
    squares += difference * difference;
  }
  let sum = sum_over_lanes(lane, squares);
  if (lane == 0u) { sums[row] = sum; }
}
