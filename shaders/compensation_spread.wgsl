// One round of both messages along the strict upper triangle of U, for every member:
//   forward   vⱼ = aⱼ + Σ_{i<j} Uᵢⱼ²·sᵢ, columns before j push errors to it and send sᵢ = ρᵢ·vᵢ/Uᵢᵢ²
//   backward  λᵢ = (1 + Σ_{j>i} Uᵢⱼ²·tⱼ)/Uᵢᵢ², columns after i absorb its error and send tⱼ = ρⱼ·λⱼ
// from the messages s, t of the round before; leaves v, λ and the next messages. Even workgroups take TILE forward
// results, odd ones TILE backward results; TILE lanes share the rows of a column of U, or the columns of a row, so that
// neighbours read neighbours either way. A workgroup's z is the member.
// U may lie in panels of rows, the first one first: a panel adds what its rows send to columns behind it, and has heard all that its
// own columns hear.
struct Params {
  columns: u32, members: u32,
  first: u32, // workgroup that the dispatch begins with
  top: u32, count: u32, // rows of U that u holds
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> u: array<f32>;              // [count, columns]
@group(0) @binding(2) var<storage, read> energies: array<f32>;       // a [members, columns]
@group(0) @binding(3) var<storage, read> parts: array<f32>;          // ρ [members, columns]
@group(0) @binding(4) var<storage, read> messages: array<f32>;       // s, t [2, members, columns]
@group(0) @binding(5) var<storage, read_write> next: array<f32>;     // s, t [2, members, columns]
@group(0) @binding(6) var<storage, read_write> results: array<f32>;  // v, λ [2, members, columns]

var<workgroup> partial: array<f32, TILE * TILE>;

// This lane's part of Σ_{i<column} Uᵢⱼ²·sᵢ over the panel's rows i; `base` is where the member's messages begin.
fn heard_from_before(column: u32, lane: u32, base: u32) -> f32 {
  var sum = 0.0;
  for (var i = params.top + lane; i < min(column, params.top + params.count); i += TILE) {
    let weight = u[(i - params.top) * params.columns + column];
    sum += weight * weight * messages[base + i];
  }
  return sum;
}

// This lane's part of Σ_{j>row} Uᵢⱼ²·tⱼ, walking through aligned stretches from `first` ≤ row on.
fn heard_from_behind(row: u32, first: u32, lane: u32, base: u32) -> f32 {
  var sum = 0.0;
  for (var j = first + lane; j < params.columns; j += TILE) {
    if (j > row) {
      let weight = u[(row - params.top) * params.columns + j];
      sum += weight * weight * messages[base + j];
    }
  }
  return sum;
}

@compute @workgroup_size(TILE, TILE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let index = params.first + group.x;
  let forward = index % 2u == 0u;
  let first = index / 2u * TILE;
  let member = group.z * params.columns;
  let base = member + select(params.members * params.columns, 0u, forward);
  if (forward) {
    let column = first + local.x;
    var sum = 0.0;
    if (column < params.columns) { sum = heard_from_before(column, local.y, base); }
    partial[local.x * TILE + local.y] = sum;
  } else {
    let row = first + local.y;
    var sum = 0.0;
    if (row < params.top + params.count) { sum = heard_from_behind(row, first, local.x, base); }
    partial[local.y * TILE + local.x] = sum;
  }
  workgroupBarrier();
  let column = first + local.x;
  if (local.y != 0u || column >= params.columns) { return; }
  var heard = 0.0;
  for (var lane = 0u; lane < TILE; lane++) { heard += partial[local.x * TILE + lane]; }
  if (forward && params.top > 0u) { heard += results[base + column]; }
  if (column >= params.top + params.count) {
    if (forward) { results[base + column] = heard; }
    return;
  }
  let pivot = u[(column - params.top) * params.columns + column];
  let weight = 1.0 / (pivot * pivot);
  let part = parts[member + column];
  if (forward) {
    let arrived = energies[member + column] + heard;
    results[base + column] = arrived;
    next[base + column] = part * arrived * weight;
  } else {
    let felt = weight + weight * heard;
    results[base + column] = felt;
    next[base + column] = part * felt;
  }
}
