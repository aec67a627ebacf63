// What rounding leaves of a column's energy at every candidate width, for one of the linears (members) that share a
// factor U: shares[member, k, j] = min(1, C[k, j]/a[j]), 0 where a column has no energy; energies[member, j] = a[j].
struct Params {
  columns: u32, choices: u32, member: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> table: array<f32>;           // C [choices, columns]
@group(0) @binding(2) var<storage, read> energy: array<f32>;          // a [columns]
@group(0) @binding(3) var<storage, read_write> shares: array<f32>;    // ρ [members, choices, columns]
@group(0) @binding(4) var<storage, read_write> energies: array<f32>;  // [members, columns]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let column = flat_index(id, groups, SIZE);
  if (column >= params.columns) { return; }
  let all = energy[column];
  energies[params.member * params.columns + column] = all;
  for (var k = 0u; k < params.choices; k++) {
    var share = 0.0;
    if (all > 0.0) { share = min(table[k * params.columns + column] / all, 1.0); }
    shares[(params.member * params.choices + k) * params.columns + column] = share;
  }
}
