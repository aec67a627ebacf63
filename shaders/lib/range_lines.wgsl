// A line of levels as low and range of all levels (lib/affine.wgsl, lib/ranges.wgsl).

fn code_on(line: vec2f, value: f32, bits: u32) -> f32 {
  return nearest_range_code(value, line.x, range_step(line.y, bits), f32((1u << bits) - 1u));
}

fn level_on(line: vec2f, code: f32, bits: u32) -> f32 {
  return range_level(line.x, line.y, u32(code), bits);
}
