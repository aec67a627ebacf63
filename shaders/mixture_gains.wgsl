// gains[s, k, j] = Σᵢ e[k, i, j]·g[i, j] over slice s of the rows; e: [choices, rows, columns], g: [rows, columns],
// gains: [slices, choices, columns]. With g = D·H this is half the derivative of tr(D H Dᵀ) by p[j, k]. A workgroup
// takes 64 columns of a slice and one choice; its 4 lanes share the rows, so that neighbours read neighbours.
struct Params {
  rows: u32, columns: u32, choices: u32, slice: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> e: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> gains: array<f32>;

var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(64, 4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * 64u + local.x;
  let end = min((group.y + 1u) * params.slice, params.rows);
  let choice = group.z * params.rows * params.columns;
  var sum = 0.0;
  if (column < params.columns) {
    for (var row = group.y * params.slice + local.y; row < end; row += 4u) {
      let at = row * params.columns + column;
      sum += e[choice + at] * g[at];
    }
  }
  partial[local.y * 64u + local.x] = sum;
  workgroupBarrier();
  if (local.y == 0u && column < params.columns) {
    gains[(group.y * params.choices + group.z) * params.columns + column] =
      partial[local.x] + partial[64u + local.x] + partial[128u + local.x] + partial[192u + local.x];
  }
}
