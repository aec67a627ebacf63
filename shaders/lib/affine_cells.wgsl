// What is stored for a (row, group) of an affine linear: in `scale` float16 pairs [out, groups], the scale or a range's min;
// in `side` zeros as a bit string, or float16 pairs of ranges. After lib/affine.wgsl.

fn half_of(pair: u32, index: u32) -> f32 {
  return f16_to_f32(pair >> (index % 2u * 16u));
}

// Scale (min) of a cell, and its zero (range).
fn cell_of(cell: u32, zero_bits: u32) -> vec2f {
  let s = half_of(scale[cell / 2u], cell);
  if (GRID == SYMMETRIC) { return vec2f(s, 0.0); }
  if (GRID == ZERO) {
    let at = cell * zero_bits;
    return vec2f(s, f32(code_in(side[at / 32u], side[at / 32u + 1u], at % 32u, zero_bits)));
  }
  return vec2f(s, half_of(side[cell / 2u], cell));
}

// Every level of a cell as step·code + first.
fn line_of(cell: vec2f, bits: u32) -> vec2f {
  if (GRID == SYMMETRIC) {
    if (bits == 1u) { return vec2f(2.0 * cell.x, -cell.x); }
    return vec2f(cell.x, -cell.x * f32(1u << (bits - 1u)));
  }
  if (GRID == ZERO) { return vec2f(cell.x, -cell.x * cell.y); }
  return vec2f(range_step(cell.y, bits), cell.x);
}
