// After lib/affine_cells.wgsl.
// As cell_of. The built-in may take a subnormal for 0.
fn cell_at(cell: u32) -> vec2f {
  if (SUBNORMAL) { return cell_of(cell); }
  return unpack2x16float(cells[cell]);
}
