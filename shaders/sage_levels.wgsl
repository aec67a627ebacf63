// (S8) The end of a round: the error of all rows; µ_k = Σ a / count, the least-squares optimum of group k, kept where the
// group is empty; and whether the error fell by less than `tolerance` of itself, in which case no round follows.
struct Params { rows: u32, tolerance: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<f32>; // [rows, 1 + 2·GROUPS]
@group(0) @binding(2) var<storage, read_write> levels: array<f32>; // [1 + GROUPS]
@group(0) @binding(3) var<storage, read_write> state: array<f32>; // error, negative before the first round; done; rounds

@compute @workgroup_size(SIZE)
fn main(@builtin(local_invocation_index) index: u32) {
  if (item_of(0u, index) > 0u) { return; }
  let lane = index % LANES;
  let stride = 1u + 2u * GROUPS;
  var error = 0.0;
  for (var row = lane; row < params.rows; row += LANES) { error += sums[row * stride]; }
  error = sum_over_lanes(lane, error);
  #for k in GROUPS
  var count_${k} = 0.0;
  var sum_${k} = 0.0;
  for (var row = lane; row < params.rows; row += LANES) {
    count_${k} += sums[row * stride + 1u + 2u * ${k}u];
    sum_${k} += sums[row * stride + 2u + 2u * ${k}u];
  }
  count_${k} = sum_over_lanes(lane, count_${k});
  sum_${k} = sum_over_lanes(lane, sum_${k});
  #end
  if (lane == 0u && state[1] == 0.0) {
    let before = state[0];
    state[0] = error;
    state[1] = select(0.0, 1.0, before >= 0.0 && before - error <= params.tolerance * before);
    state[2] += 1.0;
    #for k in GROUPS
    if (count_${k} > 0.0) { levels[${k}u + 1u] = sum_${k} / count_${k}; }
    #end
  }
}
