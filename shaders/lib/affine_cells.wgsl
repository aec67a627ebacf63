// What is stored for a (row, group) of an affine linear, in `cells` [out, groups]: two float16, the scale and its zero, or the
// min and the range. After lib/f16.wgsl and lib/affine.wgsl.

fn cell_of(cell: u32) -> vec2f {
  return vec2f(f16_to_f32(cells[cell]), f16_to_f32(cells[cell] >> 16u));
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
