// sums[j] (+)= Σᵢ d[i, j]; d: [rows, columns]. Adds to what is there when `accumulate` is not 0. With a gate, d[i, j] is
// first set to 0 where the gate y is not positive (relu). A workgroup takes 16 columns, its 16 lanes share the rows.
struct Params {
  rows: u32, columns: u32, accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;

var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * 16u + local.x;
  var sum = 0.0;
  if (column < params.columns) {
    for (var row = local.y; row < params.rows; row += 16u) { sum += gated(row * params.columns + column); }
  }
  partial[local.y * 16u + local.x] = sum;
  workgroupBarrier();
  if (local.y != 0u || column >= params.columns) { return; }
  var total = 0.0;
  for (var i = 0u; i < 16u; i++) { total += partial[i * 16u + local.x]; }
  if (params.accumulate != 0u) { total += sums[column]; }
  sums[column] = total;
}
