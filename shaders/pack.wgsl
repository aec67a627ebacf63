// Codes of one segment into packed words, one word an invocation. Integers only.

struct Params {
  piece: Piece,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codes: array<u32>;       // [rows, columns], original order
@group(0) @binding(2) var<storage, read> perm: array<u32>;        // original column of each stored column
@group(0) @binding(3) var<storage, read_write> words: array<u32>; // the whole matrix, segment by segment

@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let piece = params.piece;
  let bits = piece.bits;
  let words_a_row = row_words(piece);
  let index = flat_index(id, groups, SIZE); // over [rows, chunks, bits]
  if (index >= piece.rows * words_a_row) {
    return;
  }
  let row = index / words_a_row;
  let begin = index % words_a_row * 32u; // bit of the row's string that this word begins with
  let last = min((begin + 31u) / bits, piece.count - 1u);
  var word = 0u;
  for (var column = begin / bits; column <= last; column++) {
    let code = codes[(piece.plain_row + row) * piece.columns + perm[piece.first + column]];
    let at = column * bits;
    if (at >= begin) {
      word |= code << (at - begin);
    } else {
      word |= code >> (begin - at);
    }
  }
  words[piece.base + piece.packed_row * words_a_row + index] = word;
}
