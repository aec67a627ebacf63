// Lines of the sub-blocks of GGUF blocks: for each the scale (and low) that leave least of Σ ωⱼ·(wⱼ − nearest level)², as
// make_qx_quants and make_qkx3_quants of ggml-quants.c look for them; then both as whole multiples of numbers that the
// block shares, with neighbours tried.
// w: [rows, columns]; importance: [columns] ω; a, b: [rows, columns/size]: SYMMETRIC steps and their zero, else lows and
// ranges of all levels. What an affine linear keeps of them is exact in float16. An invocation takes one block, of
// `count` blocks a row from `first` on.
struct Params {
  rows: u32,
  columns: u32,
  first: u32,
  count: u32,
  size: u32, // columns of a sub-block
  subs: u32, // sub-blocks of a block
  top: f32,  // the last code
  most: f32, // the last multiple
  step_bits: u32,
  low_bits: u32,
  shrink: f32, // how far the weights of a sub-block are drawn in, from both ends
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> importance: array<f32>;
@group(0) @binding(3) var<storage, read_write> a: array<f32>;
@group(0) @binding(4) var<storage, read_write> b: array<f32>;

// Columns without any importance still have levels.
const TINY = 1e-20;
// Sizes come as parameters, not as constants: loops written out would take a software device half a minute to compile.
var<private> x: array<f32, 32>;
var<private> omega: array<f32, 32>;

fn zero() -> f32 { return 0.5 * (params.top + 1.0); }

fn load(row: u32, begin: u32) {
  var low = 0.0;
  var high = 0.0;
  for (var i = 0u; i < params.size; i++) {
    x[i] = w[row * params.columns + begin + i];
    omega[i] = max(importance[begin + i], TINY);
    low = min(low, x[i]);
    high = max(high, x[i]);
  }
  for (var i = 0u; i < params.size; i++) { x[i] = clamp(x[i], params.shrink * low, params.shrink * high); }
}

// A positive value as a multiple of LEAST with so many significant bits: the next one above, or the nearest.
fn unit_above(value: f32, bits: u32) -> f32 {
  let below = (1u << (24u - bits)) - 1u;
  let coarse = bitcast<f32>((bitcast<u32>(value) + below) & ~below);
  return max(LEAST, ceil(coarse * 16777216.0) * LEAST);
}

// Σ ω·(x − nearest of low + step·code)²
fn error_of(step: f32, low: f32) -> f32 {
  let inverse = 1.0 / step;
  var error = 0.0;
  for (var i = 0u; i < params.size; i++) {
    let off = x[i] - low - step * clamp(round((x[i] - low) * inverse), 0.0, params.top);
    error += omega[i] * off * off;
  }
  return error;
}

// The scale of either sign, and 0.
fn search_symmetric() -> vec2f {
  var peak = 0.0;
  for (var i = 0u; i < params.size; i++) { if (abs(x[i]) > abs(peak)) { peak = x[i]; } }
  if (peak == 0.0) { return vec2f(); }
  var best = vec2f(-1.0, 0.0);
  for (var trial = 0; trial < TRIALS; trial++) {
    let inverse = -(zero() + 0.1 * f32(trial - TRIALS / 2)) / peak;
    var xl = 0.0;
    var ll = 0.0;
    for (var i = 0u; i < params.size; i++) {
      let l = clamp(round(inverse * x[i]), -zero(), zero() - 1.0);
      xl += omega[i] * x[i] * l;
      ll += omega[i] * l * l;
    }
    if (ll > 0.0 && xl * xl > best.x * ll) { best = vec2f(xl * xl / ll, xl / ll); }
  }
  return vec2f(best.y, 0.0);
}

// Scale and low; the low is not above zero where the block shares what lows are multiples of.
fn search_line() -> vec2f {
  var low = x[0];
  var high = x[0];
  for (var i = 1u; i < params.size; i++) {
    low = min(low, x[i]);
    high = max(high, x[i]);
  }
  if (params.subs > 1u) { low = min(low, 0.0); }
  if (high <= low) { return vec2f(0.0, low); }
  let spread = high - low;
  var line = vec2f(spread / params.top, low);
  var best = error_of(line.x, line.y);
  for (var trial = 0; trial < TRIALS; trial++) {
    let inverse = (params.top - 1.0 + 0.1 * f32(trial)) / spread;
    var w1 = 0.0;
    var x1 = 0.0;
    var l1 = 0.0;
    var ll = 0.0;
    var xl = 0.0;
    for (var i = 0u; i < params.size; i++) {
      let l = clamp(round(inverse * (x[i] - low)), 0.0, params.top);
      w1 += omega[i];
      x1 += omega[i] * x[i];
      l1 += omega[i] * l;
      ll += omega[i] * l * l;
      xl += omega[i] * x[i] * l;
    }
    // about the means: no difference of large numbers
    let mean = l1 / w1;
    let variance = ll - l1 * mean;
    if (!(variance > 0.0)) { continue; }
    var fit = vec2f((xl - x1 * mean) / variance, 0.0);
    fit.y = (x1 - fit.x * l1) / w1;
    if (params.subs > 1u && fit.y > 0.0) { fit = vec2f(xl / ll, 0.0); }
    if (!(fit.x > 0.0)) { continue; }
    let error = error_of(fit.x, fit.y);
    if (error < best) {
      best = error;
      line = fit;
    }
  }
  return line;
}

fn store(at: u32, step: f32, low: f32) {
  if (SYMMETRIC) {
    a[at] = step;
    b[at] = zero();
  } else {
    a[at] = low;
    b[at] = step * params.top;
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  let index = flat_index(id, grid, 64u);
  if (index >= params.rows * params.count) { return; }
  let row = index / params.count;
  let first_sub = (params.first + index % params.count) * params.subs;
  let begin = first_sub * params.size;
  let at = row * (params.columns / params.size) + first_sub;

  var lines: array<vec2f, 16>;
  var most = vec2f();
  for (var sub = 0u; sub < params.subs; sub++) {
    load(row, begin + sub * params.size);
    if (SYMMETRIC) { lines[sub] = search_symmetric(); } else { lines[sub] = search_line(); }
    most = max(most, abs(lines[sub]));
  }
  if (params.subs == 1u) {
    let line = lines[0];
    if (SYMMETRIC) {
      let step = half(line.x);
      store(at, select(step, LEAST, step == 0.0), 0.0);
    } else {
      store(at, unit_near(line.x, params.step_bits), half(line.y));
    }
    return;
  }

  let unit = vec2f(unit_above(most.x / params.most, params.step_bits), unit_above(most.y / params.most, params.low_bits));
  for (var sub = 0u; sub < params.subs; sub++) {
    load(row, begin + sub * params.size);
    let near = round(lines[sub] / unit);
    var best = vec3f(3.0e38, unit.x, 0.0);
    for (var i = -1.0; i <= 1.0; i += 1.0) {
      var factor = clamp(near.x + i, select(1.0, -params.most, SYMMETRIC), params.most);
      if (factor == 0.0) { factor = 1.0; }
      let step = factor * unit.x;
      for (var j = -1.0; j <= 1.0; j += 1.0) {
        var low = -zero() * step;
        if (!SYMMETRIC) { low = clamp(near.y + j, -params.most, 0.0) * unit.y; }
        let error = error_of(step, low);
        if (error < best.x) { best = vec3f(error, step, low); }
        if (SYMMETRIC) { break; }
      }
    }
    store(at + sub, best.y, best.z);
  }
}
