// The share ρⱼ = Σₖ p[j, k]·ρ[k, j] that an allocation p leaves of every column's energy, and the messages that columns
// send when nobody has heard any: forward ρⱼ·aⱼ/Uⱼⱼ², backward ρⱼ/Uⱼⱼ² (compensation_spread.wgsl).
struct Params {
  columns: u32, choices: u32, members: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pivots: array<f32>;          // diag U [columns]
@group(0) @binding(2) var<storage, read> shares: array<f32>;          // [members, choices, columns]
@group(0) @binding(3) var<storage, read> energies: array<f32>;        // [members, columns]
@group(0) @binding(4) var<storage, read> p: array<f32>;               // [members, columns, choices]
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;     // ρ of p [members, columns]
@group(0) @binding(6) var<storage, read_write> messages: array<f32>;  // [2, members, columns]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups, SIZE);
  let count = params.members * params.columns;
  if (at >= count) { return; }
  let member = at / params.columns;
  let column = at % params.columns;
  var part = 0.0;
  for (var k = 0u; k < params.choices; k++) {
    part += p[at * params.choices + k] * shares[(member * params.choices + k) * params.columns + column];
  }
  let pivot = pivots[column];
  parts[at] = part;
  messages[at] = part * energies[at] / (pivot * pivot);
  messages[count + at] = part / (pivot * pivot);
}
