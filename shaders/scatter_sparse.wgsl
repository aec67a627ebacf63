// Puts weights that are stored apart in their places, one an invocation. They travel as bits.

struct Params {
  first: u32,      // weight apart to begin with
  count: u32,
  rows: u32,
  columns: u32,
  packed_row: u32, // row of the panel to begin with
  plain_row: u32,  // row of the weights to begin with
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> starts: array<u32>;  // first weight apart of every row, and the end
@group(0) @binding(2) var<storage, read> columns: array<u32>; // of every weight apart
@group(0) @binding(3) var<storage, read> values: array<u32>;
@group(0) @binding(4) var<storage, read_write> weights: array<u32>; // [rows, columns]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups, SIZE);
  if (index >= params.count) {
    return;
  }
  let at = params.first + index;
  // the last row that begins at it or before
  var low = 0u;
  var high = params.rows;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (starts[params.packed_row + middle] <= at) {
      low = middle;
    } else {
      high = middle;
    }
  }
  weights[(params.plain_row + low) * params.columns + columns[at]] = values[at];
}
