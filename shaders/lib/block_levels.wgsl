// Lines of sub-blocks brought onto what a GGUF type holds. The kernel has `params` of lib/line_params.wgsl; units are d and dmin
// of a block: what steps and lows of its sub-blocks are whole multiples of, where these share them.

fn zero() -> f32 { return 0.5 * (params.top + 1.0); }

// The nearest multiple of a unit; of 0 there is only 0.
fn multiple(value: f32, unit: f32, least: f32, most: f32) -> f32 {
  return clamp(round(value / max(unit, LEAST)), least, most) * unit;
}

// A line (low, step) on the type's levels; `units` of step and low. A step keeps its sign and is never 0.
fn on_levels(line: vec2f, units: vec2f) -> vec2f {
  let away = select(1.0, -1.0, line.y < 0.0);
  let size = abs(line.y);
  var step: f32;
  if (params.shares == 1u) {
    step = away * multiple(size, units.x, 1.0, params.most);
  } else if (SYMMETRIC) {
    step = away * max(half(size), LEAST);
  } else {
    step = unit_near(size, params.step_bits);
  }
  if (SYMMETRIC) { return vec2f(-zero() * step, step); }
  if (params.shares == 1u) { return vec2f(multiple(line.x, units.y, -params.most, 0.0), step); }
  return vec2f(half(line.x), step);
}
