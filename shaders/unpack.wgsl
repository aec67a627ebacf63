// Packed words of one segment into codes, one code an invocation: the inverse of pack.wgsl.

struct Params {
  piece: Piece,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> words: array<u32>;       // the whole matrix, segment by segment
@group(0) @binding(2) var<storage, read> perm: array<u32>;        // original column of each stored column
@group(0) @binding(3) var<storage, read_write> codes: array<u32>; // [rows, columns], original order

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
  let code = code_in(words[word], words[word + 1u], bit % 32u, piece.bits);
  codes[(piece.plain_row + row) * piece.columns + perm[piece.first + column]] = code;
}
