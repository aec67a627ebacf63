// What is searched on, columns by rank and each of them contiguous: search[r, row] of column ranked[r] of the block.
// w: [rows, columns]; pivots: diag U [columns]; ranked: [count]; search: [count, rows].
struct Params { rows: u32, columns: u32, first: u32, count: u32, hessian: u32, unit: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> pivots: array<f32>;
@group(0) @binding(3) var<storage, read> ranked: array<u32>;
@group(0) @binding(4) var<storage, read_write> search: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.count * params.rows) { return; }
  let column = params.first + ranked[i / params.rows];
  let d = pivots[column];
  search[i] = saliency(w[i % params.rows * params.columns + column], d, params.hessian != 0u, params.unit);
}
