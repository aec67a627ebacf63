// energy[j] = Σᵣ emphasis[r]·w[r, j]², 0 where the column is dead (its input is always zero, and so are its weights when
// it is rounded). A workgroup takes TILE columns, its TILE lanes share the rows, so that neighbours read neighbours.
struct Params {
  rows: u32, columns: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;             // [rows, columns]
@group(0) @binding(2) var<storage, read> emphasis: array<f32>;      // ω [rows]
@group(0) @binding(3) var<storage, read> diagonal: array<f32>;      // of H [columns], 0 for a dead column
@group(0) @binding(4) var<storage, read_write> energy: array<f32>;  // [columns]

var<workgroup> partial: array<f32, TILE * TILE>;

@compute @workgroup_size(TILE, TILE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * TILE + local.x;
  var sum = 0.0;
  if (column < params.columns) {
    for (var row = local.y; row < params.rows; row += TILE) {
      let weight = w[row * params.columns + column];
      sum += emphasis[row] * weight * weight;
    }
  }
  partial[local.x * TILE + local.y] = sum;
  workgroupBarrier();
  if (local.y != 0u || column >= params.columns) { return; }
  var all = 0.0;
  for (var lane = 0u; lane < TILE; lane++) { all += partial[local.x * TILE + lane]; }
  energy[column] = select(all, 0.0, diagonal[column] == 0.0);
}
