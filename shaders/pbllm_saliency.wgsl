// Saliency of the weights of a run of columns, contiguous: s [rows, count]. w: [rows, columns]; pivots: diag U [columns].
struct Params { rows: u32, columns: u32, first: u32, count: u32, hessian: u32, unit: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> pivots: array<f32>;
@group(0) @binding(3) var<storage, read_write> s: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups, SIZE);
  if (i >= params.rows * params.count) { return; }
  let column = params.first + i % params.count;
  let d = pivots[column];
  s[i] = abs(saliency(w[i / params.count * params.columns + column], d, params.hessian != 0u, params.unit));
}
