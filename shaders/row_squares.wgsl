// y[i] = Σⱼ x[i, j]², one workgroup a row.
struct Params {
  rows: u32, columns: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows]

@compute @workgroup_size(RADIX * RADIX)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= params.rows) { return; }
  var squares = 0.0;
  for (var j = lane; j < params.columns; j += RADIX * RADIX) {
    let value = x[row * params.columns + j];
    squares += value * value;
  }
  let sum = workgroup_sum(lane, squares);
  if (lane == 0u) { y[row] = sum; }
}
