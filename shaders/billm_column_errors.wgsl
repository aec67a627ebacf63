// Squared error that binarization leaves in a row when the first c + 1 ranks are salient: these by two signs a weight,
// the rest by two as well, as the authors search, or by one. Invocations: rows by choices.
// search: [count, rows], columns by rank; errors: [choices, rows].
struct Params { rows: u32, count: u32, first_row: u32, last_row: u32, rest_order: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> search: array<f32>;
@group(0) @binding(2) var<storage, read_write> errors: array<f32>;

// Of ranks [begin, end) of a row. With levels mean ± amplitude, the amplitude the mean distance, Σ(|x| − amplitude)² is
// Σx² − (Σ|x|)²/n.
fn error_of(row: u32, begin: u32, end: u32, order: u32) -> f32 {
  if (begin >= end) { return 0.0; }
  let n = f32(end - begin);
  var mean = 0.0;
  for (var r = begin; r < end; r++) { mean += search[r * params.rows + row]; }
  mean /= n;
  var distance = 0.0;
  var squares = 0.0;
  var signs = 0.0;
  for (var r = begin; r < end; r++) {
    let x = search[r * params.rows + row] - mean;
    distance += abs(x);
    squares += x * x;
    signs += sign(x);
  }
  if (order == 2u) {
    let amplitude = distance / n;
    let shift = amplitude * signs / n; // minus the mean of what the first signs leave
    distance = 0.0;
    squares = 0.0;
    for (var r = begin; r < end; r++) {
      let x = search[r * params.rows + row] - mean;
      let rest = x - amplitude * sign(x) + shift;
      distance += abs(rest);
      squares += rest * rest;
    }
  }
  return max(0.0, squares - distance * distance / n);
}

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.x;
  if (row >= params.last_row) { return; }
  let salient = id.y + 1u;
  errors[id.y * params.rows + row] =
    error_of(row, 0u, salient, 2u) + error_of(row, salient, params.count, params.rest_order);
}
