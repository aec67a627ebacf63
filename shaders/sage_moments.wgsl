// moments[i] = (s, Σ (w − s), Σ (w − s)²) of row i, s its first weight: shifted, a constant row has a variance of 0.
struct Params { rows: u32, columns: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>; // [rows, columns]
@group(0) @binding(2) var<storage, read_write> moments: array<f32>; // [rows, 3]

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let row = item_of(id.y * groups.x + id.x, index);
  if (row >= params.rows) { return; }
  let lane = index % LANES;
  let first = row * params.columns;
  let shift = w[first];
  var sum = 0.0;
  var squares = 0.0;
  for (var j = lane; j < params.columns; j += LANES) {
    let d = w[first + j] - shift;
    sum += d;
    squares += d * d;
  }
  sum = sum_over_lanes(lane, sum);
  squares = sum_over_lanes(lane, squares);
  if (lane == 0u) {
    moments[3u * row] = shift;
    moments[3u * row + 1u] = sum;
    moments[3u * row + 2u] = squares;
  }
}
