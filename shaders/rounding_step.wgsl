// One step of Adam on ν and v against gradient = dL/dweights, and the weights that come of it (soft_weights.wgsl),
// a workgroup a (row, group), or an invocation (LANES = 1). With f = 2·σ(v):
//   dL/dν = gradient·step·f·1.2·σ(ν)(1 − σ(ν)) where neither clamp of q is exceeded, else 0; hard ν stay as they are;
//   dL/dv = Σ gradient·(low + step·q)·f·(1 − f/2) over the columns of the group, and decay·v.
// gradient, nu, weights: [rows, columns]; moments: [rows, columns] (m, u) of ν; factor: [rows, groups] v, its m and u,
// and the sum above; grid: [rows, groups] (low, step); base: packed. ν stay where `roundings` is 0, v where `scales` is.
struct Params {
  rows: u32, columns: u32, groups: u32, roundings: u32, scales: u32,
  rate: f32, beta1: f32, beta2: f32, eps: f32, unbias1: f32, unbias2: f32, decay: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> base: array<u32>;
@group(0) @binding(3) var<storage, read_write> nu: array<f32>;
@group(0) @binding(4) var<storage, read_write> moments: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> factor: array<vec4f>;
@group(0) @binding(6) var<storage, read> places: array<u32>;
@group(0) @binding(7) var<storage, read> grid: array<vec2f>;
@group(0) @binding(8) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let at = item_of(id.y * groups.x + id.x, index);
  if (at >= params.rows * params.groups) { return; }
  let lane = index % LANES;
  let row = at / params.groups;
  let group = at % params.groups;
  let first = first_member(group);
  let count = members_of(group);
  let top = f32(top_of(group));
  let low = grid[at].x;
  let step = grid[at].y;
  let before_factor = factor[at];
  let f = factor_of(before_factor.x);
  var sum = 0.0;
  for (var i = lane; i < count; i += LANES) {
    let column = places[first + i];
    let place = row * params.columns + column;
    let g = gradient[place];
    let before = nu[place];
    let below = f32(code_in_word(base[word_of(row, column)], column));
    let s = sigmoid(before);
    let rise = 1.2 * s - 0.1;
    sum += g * (low + step * soft_code(below, rise, top));
    if (params.roundings != 0u && !is_hard(before)) {
      let passes = rise >= 0.0 && rise <= 1.0 && below + rise <= top;
      let after = adam_moments(moments[place], select(0.0, g * step * f * 1.2 * s * (1.0 - s), passes));
      moments[place] = after;
      nu[place] = before - adam_move(after);
    }
  }
  let slope = sum_over_lanes(lane, sum) * f * (1.0 - 0.5 * f);
  var after_factor = vec4f(before_factor.xyz, slope);
  if (params.scales != 0u) {
    let moved = adam_moments(before_factor.yz, slope + params.decay * before_factor.x);
    after_factor = vec4f(before_factor.x - adam_move(moved), moved, slope);
  }
  if (lane == 0u) { factor[at] = after_factor; }

  let scale = factor_of(after_factor.x);
  for (var i = lane; i < count; i += LANES) {
    let column = places[first + i];
    let place = row * params.columns + column;
    let below = f32(code_in_word(base[word_of(row, column)], column));
    weights[place] = (low + step * soft_code(below, 1.2 * sigmoid(nu[place]) - 0.1, top)) * scale;
  }
}
