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
  for (var k = 0u; k < COUNT; k++) {
    var sum = 0.0;
    for (var row = lane; row < params.rows; row += LANES) { sum += sums[row * COUNT + k]; }
    put(lane, k, sum);
  }
  meet();
  if (lane == 0u && state[1] == 0.0) {
    let before = state[0];
    let error = total(0u);
    state[0] = error;
    state[1] = select(0.0, 1.0, before >= 0.0 && before - error <= params.tolerance * before);
    state[2] += 1.0;
    for (var k = 0u; k < GROUPS; k++) {
      let count = total(1u + 2u * k);
      if (count > 0.0) { levels[k + 1u] = total(2u + 2u * k) / count; }
    }
  }
}
