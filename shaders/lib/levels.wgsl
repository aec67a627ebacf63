// A uniform grid of levels step·(q − zero), q = 0 … top. A one-bit symmetric grid has zero ½: levels ±step/2. A step may be
// negative: the levels of w are then those of −w on the opposite grid.

// The code of the level nearest to a value; halfway between two, the one at an even multiple of the step, which is what
// round(w / step) + zero gives where division and rounding are exact. WGSL's division may be 2.5 ulp off, so the
// quotient is only a first guess: steps are float16 values, so that k·step and with it the comparison is exact.
fn nearest_code(value: f32, signed_step: f32, zero: f32, top: f32) -> f32 {
  let step = abs(signed_step);
  let w = select(value, -value, signed_step < 0.0);
  let whole = floor(zero);
  let x = w + (zero - whole) * step;
  var k = clamp(floor(x / step), -8192.0, 8192.0);
  let guess = x - k * step;
  k += select(0.0, 1.0, guess >= step) - select(0.0, 1.0, guess < 0.0);
  let twice = 2.0 * (x - k * step);
  let odd = k != 2.0 * floor(0.5 * k);
  return clamp(k + select(0.0, 1.0, twice > step || (twice == step && odd)) + whole, 0.0, top);
}

fn level(code: f32, step: f32, zero: f32) -> f32 {
  return step * (code - zero);
}
