// Weights of one segment from its packed codes, one weight an invocation; w as docs/format.md defines it, to the bit.

struct Params {
  piece: Piece,
  groups: u32,    // a row
  zero_bits: u32, // of a zero grid
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codes: array<u32>; // the whole matrix, segment by segment
@group(0) @binding(2) var<storage, read> scale: array<u32>; // float16 pairs [out, groups]: the scale, or a range's min
@group(0) @binding(3) var<storage, read> side: array<u32>;  // zeros as a bit string, or float16 pairs of ranges
@group(0) @binding(4) var<storage, read> perm: array<u32>;  // original column of each stored column
@group(0) @binding(5) var<storage, read> group: array<u32>; // group of each stored column
@group(0) @binding(6) var<storage, read_write> weights: array<f32>; // [rows, columns]

fn half_of(pair: u32, index: u32) -> f32 {
  return f16_to_f32(pair >> (index % 2u * 16u));
}

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
  let cell = (piece.packed_row + row) * params.groups + group[stored];
  let s = half_of(scale[cell / 2u], cell);
  var weight: f32;
  if (GRID == SYMMETRIC) {
    weight = symmetric_level(s, code, piece.bits);
  } else if (GRID == ZERO) {
    let at = cell * params.zero_bits;
    weight = zero_level(s, code, code_in(side[at / 32u], side[at / 32u + 1u], at % 32u, params.zero_bits));
  } else {
    weight = range_level(s, half_of(side[cell / 2u], cell), code, piece.bits);
  }
  weights[(piece.plain_row + row) * piece.columns + perm[stored]] = weight;
}
