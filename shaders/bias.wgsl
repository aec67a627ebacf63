// Adds the row vector b to rows [row, row + rows) of y.
struct Params {
  row: u32, rows: u32, columns: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [… row + rows, columns]
@group(0) @binding(2) var<storage, read> b: array<f32>; // [columns]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.columns) { return; }
  y[params.row * params.columns + i] += b[i % params.columns];
}
