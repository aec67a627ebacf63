// Weights of one segment from its packed codes, one weight an invocation; w as docs/format.md defines it, to the bit.

struct Params {
  piece: Piece,
  groups: u32, // a row
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codes: array<u32>; // the whole matrix, segment by segment
@group(0) @binding(2) var<storage, read> cells: array<u32>; // see lib/affine_cells.wgsl
@group(0) @binding(3) var<storage, read> perm: array<u32>;  // original column of each stored column
@group(0) @binding(4) var<storage, read> group: array<u32>; // group of each stored column
@group(0) @binding(5) var<storage, read_write> weights: array<f32>; // [rows, columns]

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let piece = params.piece;
  let index = flat_index(id, groups, SIZE); // over [rows, count]
  if (index >= piece.rows * piece.count) {
    return;
  }
  let row = index / piece.count;
  let column = index % piece.count;
  let bit = column * piece.bits; // chunks follow each other without a gap
  let word = piece.base + (piece.packed_row + row) * row_words(piece) + bit / 32u;
  let code = code_in(codes[word], codes[word + 1u], bit % 32u, piece.bits);

  let stored = piece.first + column;
  let cell = cell_of((piece.packed_row + row) * params.groups + group[stored]);
  var weight: f32;
  if (GRID == SYMMETRIC) {
    weight = symmetric_level(cell.x, code, piece.bits);
  } else if (GRID == ZERO) {
    weight = zero_level(cell.x, code, u32(cell.y));
  } else {
    weight = range_level(cell.x, cell.y, code, piece.bits);
  }
  weights[(piece.plain_row + row) * piece.columns + perm[stored]] = weight;
}
