// levels[0] = c, the mean of the weights that are not salient, from their sums and counts by rows (sage_start.wgsl).
struct Params { rows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<f32>; // [rows, 2]
@group(0) @binding(2) var<storage, read_write> levels: array<f32>;

@compute @workgroup_size(SIZE)
fn main(@builtin(local_invocation_index) index: u32) {
  if (item_of(0u, index) > 0u) { return; }
  let lane = index % LANES;
  var sum = 0.0;
  var count = 0.0;
  for (var row = lane; row < params.rows; row += LANES) {
    sum += sums[2u * row];
    count += sums[2u * row + 1u];
  }
  sum = sum_over_lanes(lane, sum);
  count = sum_over_lanes(lane, count);
  if (lane == 0u) { levels[0] = select(0.0, sum / count, count > 0.0); }
}
