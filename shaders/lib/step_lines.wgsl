// A line of levels as step and zero (lib/levels.wgsl).

fn code_on(line: vec2f, value: f32, bits: u32) -> f32 {
  return nearest_code(value, line.x, line.y, f32((1u << bits) - 1u));
}

fn level_on(line: vec2f, code: f32, bits: u32) -> f32 {
  return level(code, line.x, line.y);
}
