// One step of Adam on ν against gradient = dL/dweights, and dL/dv, one workgroup a (row, group). With f = 2·σ(v):
//   dL/dν = gradient·step·f·1.2·σ(ν)(1 − σ(ν)) where neither clamp of q is exceeded, else 0; hard ν stay as they are;
//   dL/dv = Σ gradient·(low + step·q)·f·(1 − f/2) over the columns of the group.
// gradient, nu: [rows, columns]; moments: [rows, columns] (m, u) of ν; factor, factorGradient: [rows, groups] v, dL/dv;
// grid: [rows, groups] (low, step); base: packed. ν and its moments stay where `learn` is 0.
struct Params {
  rows: u32, columns: u32, groups: u32, learn: u32,
  rate: f32, beta1: f32, beta2: f32, eps: f32, unbias1: f32, unbias2: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> base: array<u32>;
@group(0) @binding(3) var<storage, read_write> nu: array<f32>;
@group(0) @binding(4) var<storage, read_write> moments: array<vec2f>;
@group(0) @binding(5) var<storage, read> factor: array<f32>;
@group(0) @binding(6) var<storage, read> places: array<u32>;
@group(0) @binding(7) var<storage, read> grid: array<vec2f>;
@group(0) @binding(8) var<storage, read_write> factorGradient: array<f32>;

@compute @workgroup_size(RADIX * RADIX)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = id.y * groups.x + id.x;
  if (at >= params.rows * params.groups) { return; }
  let row = at / params.groups;
  let group = at % params.groups;
  let first = first_member(group);
  let count = members_of(group);
  let top = f32(top_of(group));
  let low = grid[at].x;
  let step = grid[at].y;
  let f = factor_of(factor[at]);
  var sum = 0.0;
  for (var i = lane; i < count; i += RADIX * RADIX) {
    let column = places[first + i];
    let place = row * params.columns + column;
    let g = gradient[place];
    let before = nu[place];
    let below = f32(code_in_word(base[word_of(row, column)], column));
    let s = sigmoid(before);
    let rise = 1.2 * s - 0.1;
    sum += g * (low + step * soft_code(below, rise, top));
    if (params.learn != 0u && !is_hard(before)) {
      let passes = rise >= 0.0 && rise <= 1.0 && below + rise <= top;
      let after = adam_moments(moments[place], select(0.0, g * step * f * 1.2 * s * (1.0 - s), passes));
      moments[place] = after;
      nu[place] = before - adam_move(after);
    }
  }
  let total = workgroup_sum(lane, sum);
  if (lane == 0u) { factorGradient[at] = total * f * (1.0 - 0.5 * f); }
}
