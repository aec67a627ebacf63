// Gradient of y = … + x · share of an expert to the shares: dshare = Σ dy·x over the columns; rows shared as lib/together.wgsl or
// lib/alone.wgsl say.
struct Params {
  rows: u32, columns: u32, experts: u32, expert: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read> dy: array<f32>; // [rows, columns]
@group(0) @binding(3) var<storage, read_write> dshares: array<f32>; // [rows, experts]

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let row = item_of(group.y * groups.x + group.x, index);
  if (row >= params.rows) { return; }
  let lane = index % LANES;
  var sum = 0.0;
  for (var i = lane; i < params.columns; i += LANES) {
    sum += x[row * params.columns + i] * dy[row * params.columns + i];
  }
  let found = sum_over_lanes(lane, sum);
  if (lane == 0u) { dshares[row * params.experts + params.expert] = found; }
}
