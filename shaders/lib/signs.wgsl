// A panel of rows of a linear of signs; src/kernels/upload-sign.ts makes it.
struct Signs {
  row_words: u32,     // of a plane
  plane_words: u32,   // of the whole panel
  id_planes: u32,     // behind the plane of signs, the lowest bit first
  groups: u32,
  block_columns: u32,
  cells: u32,         // a row
  row_cells: u32,     // the same where rows have cells of their own, else 0
  second_words: u32,  // a row of second signs
  salient_at: u32,    // where the levels of salient columns begin
}

// Where the levels of the group 0 of a column's cell begin, minus first.
fn cell_at(signs: Signs, row: u32, column: u32) -> u32 {
  return (row * signs.row_cells + column / signs.block_columns) * signs.groups * 2u;
}

// Where the four levels of a salient column begin.
fn salient_cell_at(signs: Signs, row: u32, column: u32) -> u32 {
  return signs.salient_at + (row * signs.cells + column / signs.block_columns) * 4u;
}
