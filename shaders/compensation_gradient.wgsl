// d[m, j, k] (+)= g[0]·ρ[m, k, j]·v[m, j]·λ[m, j]: dJ/dp, and what column j costs at width k when the others stay.
struct Params {
  columns: u32, choices: u32, members: u32, accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> shares: array<f32>;   // ρ [members, choices, columns]
@group(0) @binding(2) var<storage, read> results: array<f32>;  // v, λ [2, members, columns]
@group(0) @binding(3) var<storage, read> g: array<f32>;        // of which only g[0] is used
@group(0) @binding(4) var<storage, read_write> d: array<f32>;  // [members, columns, choices]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups, SIZE);
  let count = params.members * params.columns;
  if (at >= count) { return; }
  let member = at / params.columns;
  let column = at % params.columns;
  let weight = g[0] * results[at] * results[count + at];
  for (var k = 0u; k < params.choices; k++) {
    let to = at * params.choices + k;
    var sum = 0.0;
    if (params.accumulate != 0u) { sum = d[to]; }
    d[to] = sum + weight * shares[(member * params.choices + k) * params.columns + column];
  }
}
