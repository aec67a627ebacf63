// Weights of rows of a linear of signs, one an invocation: each is a level of a table that the host made. Levels travel as
// bits, so that no device rounds or flushes any.

struct Params {
  rows: u32,
  columns: u32,
  packed_row: u32, // row of the panel to begin with
  plain_row: u32,  // row of the weights to begin with
  signs: Signs,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> planes: array<u32>;
@group(0) @binding(2) var<storage, read> levels: array<u32>;
@group(0) @binding(3) var<storage, read> ranks: array<u32>;
@group(0) @binding(4) var<storage, read> second: array<u32>;
@group(0) @binding(5) var<storage, read_write> weights: array<u32>; // [rows, columns]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups, SIZE);
  if (index >= params.rows * params.columns) {
    return;
  }
  let row = index / params.columns;
  let at = level_at(params.signs, params.packed_row + row, index % params.columns);
  weights[params.plain_row * params.columns + index] = levels[at];
}
