// sums[s, j] = Σ over slice s of the rows of the saliency of column first + j.
// w: [rows, columns]; pivots: diag U [columns]; sums: [slices, count].
struct Params { rows: u32, columns: u32, first: u32, count: u32, hessian: u32, unit: f32, slice: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> pivots: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let j = id.x;
  if (j >= params.count) { return; }
  let column = params.first + j;
  let d = pivots[column];
  var sum = 0.0;
  for (var row = id.y * params.slice; row < min((id.y + 1u) * params.slice, params.rows); row++) {
    sum += abs(saliency(w[row * params.columns + column], d, params.hessian != 0u, params.unit));
  }
  sums[id.y * params.count + j] = sum;
}
