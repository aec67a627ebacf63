// Where rounding begins to learn: base = floor((w − low)/step), steps having either sign, and ν such that h(ν) is the
// fraction above it, so that the soft weights are w. Codes outside 0 … top have no gradient in the paper, being clamped; here they are hard.
// w, nu: [rows, columns]; grid: [rows, groups] (low, step); base: packed. An invocation takes a word of base.
struct Params { rows: u32, columns: u32, groups: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> places: array<u32>;
@group(0) @binding(3) var<storage, read> grid: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> base: array<u32>;
@group(0) @binding(5) var<storage, read_write> nu: array<f32>;

// The level at or below x ≥ 0. The quotient may be 2.5 ulp off; step·code is exact and decides.
fn code_below(x: f32, step: f32, top: f32) -> f32 {
  let guess = clamp(floor(x / step), 0.0, top);
  let rest = x - guess * step;
  return clamp(guess + select(0.0, 1.0, rest >= step) - select(0.0, 1.0, rest < 0.0), 0.0, top);
}

// ν = −ln(1.2/(y + 0.1) − 1), written so that it is positive exactly where y > ½ for any error of the device.
fn start_at(y: f32) -> f32 {
  let t = clamp(y - 0.5, -0.5, 0.5);
  return sign(t) * max(log((0.6 + abs(t)) / (0.6 - abs(t))), 1e-6);
}

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups, SIZE);
  let row = index / words_a_row();
  if (row >= params.rows) { return; }
  let first = index % words_a_row() * 4u;
  var word = 0u;
  for (var column = first; column < min(first + 4u, params.columns); column++) {
    let group = group_of(column);
    let cell = grid[row * params.groups + group];
    let top = f32(top_of(group));
    let at = row * params.columns + column;
    let down = cell.y < 0.0;
    let x = select(w[at] - cell.x, cell.x - w[at], down);
    let step = abs(cell.y);
    var code = 0.0;
    var start = -f32(HARD);
    if (x >= 0.0 && step > 0.0) {
      code = code_below(x, step, top);
      if (code < top) { start = start_at((x - code * step) / step); }
    }
    word |= u32(code) << (8u * (column - first));
    nu[at] = start;
  }
  base[index] = word;
}
