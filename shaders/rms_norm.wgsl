// y = x / sqrt(mean(x²) + eps) · (w + offset), one workgroup a row.
struct Params {
  rows: u32, hidden: u32, eps: f32, offset: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, hidden]
@group(0) @binding(2) var<storage, read> w: array<f32>; // [hidden]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [rows, hidden]

@compute @workgroup_size(RADIX * RADIX)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= params.rows) { return; }
  let base = row * params.hidden;
  var squares = 0.0;
  for (var i = lane; i < params.hidden; i += RADIX * RADIX) { squares += x[base + i] * x[base + i]; }
  let scale = inverseSqrt(workgroup_sum(lane, squares) / f32(params.hidden) + params.eps);
  for (var i = lane; i < params.hidden; i += RADIX * RADIX) { y[base + i] = x[base + i] * scale * (w[i] + params.offset); }
}
