// Packed codes: a row of a segment is a little-endian bit string; 32 columns make a chunk of `bits` words.

// Some rows of one segment, packed on one side and [rows, columns] in the original column order on the other.
struct Piece {
  rows: u32,
  columns: u32,    // of a whole unpacked row
  packed_row: u32, // packed row that the piece begins with
  plain_row: u32,  // unpacked row that it begins with
  first: u32,      // stored column where the segment begins
  count: u32,      // columns of the segment
  bits: u32,
  base: u32,       // word where the segment begins
}

// Words of one row.
fn row_words(piece: Piece) -> u32 {
  return (piece.count + CHUNK - 1u) / CHUNK * piece.bits;
}

// The `bits`-bit integer that begins at bit `at` of `low`; `high` is the word after it.
fn code_in(low: u32, high: u32, at: u32, bits: u32) -> u32 {
  var code = low >> at;
  if (at + bits > 32u) {
    code |= high << (32u - at);
  }
  return code & ((1u << bits) - 1u);
}
