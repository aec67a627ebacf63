// Adds to each row of y the row of the table that belongs to its position; row r of a window stands at start + r.
struct Params {
  rows: u32, hidden: u32, length: u32, start: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> table: array<f32>; // [positions, hidden]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [rows, hidden]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.hidden) { return; }
  let position = params.start + i / params.hidden % params.length;
  y[i] += table[position * params.hidden + i % params.hidden];
}
