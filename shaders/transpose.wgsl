// y[j, i] = scale·x[i, j]; x: [rows, columns]. A workgroup turns a tile of 16 × 16, so that both sides are read and
// written along their rows.
struct Params {
  rows: u32, columns: u32, scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

var<workgroup> turned: array<f32, 272>; // 16 rows of 17: neighbours in a column lie in different banks

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * 16u + local.x;
  let row = group.y * 16u + local.y;
  if (row < params.rows && column < params.columns) {
    turned[local.x * 17u + local.y] = params.scale * x[row * params.columns + column];
  }
  workgroupBarrier();
  let i = group.y * 16u + local.x;
  let j = group.x * 16u + local.y;
  if (i < params.rows && j < params.columns) { y[j * params.rows + i] = turned[local.y * 17u + local.x]; }
}
