// b[i, j] = a[i, order[j]], or 0 where the column is dead (its input is always zero); a, b: [rows, columns].
struct Params { rows: u32, columns: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> diagonal: array<f32>;
@group(0) @binding(4) var<storage, read_write> b: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let i = flat_index(id, grid, 256u);
  if (i >= params.rows * params.columns) { return; }
  let column = order[i % params.columns];
  b[i] = select(a[i / params.columns * params.columns + column], 0.0, diagonal[column] == 0.0);
}
