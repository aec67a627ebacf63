// Index of the largest element of each row, the lowest of equals; NONE for a row that holds NaN or an infinity. One
// workgroup a row.
struct Params {
  rows: u32, columns: u32, row: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // [… row + rows]

const NONE = 0xffffffffu;

// By its bits: compilers may take comparisons for ones of numbers.
fn is_finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

var<workgroup> best_values: array<f32, SIZE>;
var<workgroup> best_indices: array<u32, SIZE>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= params.rows) { return; }
  let base = row * params.columns;
  // a lane without elements of its own looks at the first one
  var best = select(0u, lane, lane < params.columns);
  var finite = is_finite(x[base + best]);
  for (var i = best + SIZE; i < params.columns; i += SIZE) {
    finite = finite && is_finite(x[base + i]);
    if (x[base + i] > x[base + best]) { best = i; }
  }
  best_values[lane] = x[base + best];
  best_indices[lane] = select(NONE, best, finite);
  workgroupBarrier();
  if (lane != 0u) { return; }
  for (var i = 1u; i < SIZE; i++) {
    if (best_indices[i] == NONE) { best_indices[0] = NONE; }
    if (best_indices[0] == NONE) { break; }
    let better = best_values[i] > best_values[0];
    let earlier = best_values[i] == best_values[0] && best_indices[i] < best_indices[0];
    if (better || earlier) {
      best_values[0] = best_values[i];
      best_indices[0] = best_indices[i];
    }
  }
  y[params.row + row] = best_indices[0];
}
