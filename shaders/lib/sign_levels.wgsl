// Which level a weight has. `planes` holds signs and group ids, `ranks` the place among salient columns from 1 on, 0 for
// other columns, `second` the second signs of those.
fn level_at(signs: Signs, row: u32, column: u32) -> u32 {
  let bit = column % 32u;
  let word = row * signs.row_words + column / 32u;
  let sign = (planes[word] >> bit) & 1u;
  if (SALIENT) {
    let rank = ranks[column];
    if (rank > 0u) {
      let at = row * signs.second_words + (rank - 1u) / 32u;
      return salient_cell_at(signs, row, column) + 2u * sign + ((second[at] >> ((rank - 1u) % 32u)) & 1u);
    }
  }
  var id = 0u;
  for (var plane = 0u; plane < signs.id_planes; plane++) {
    id |= ((planes[(plane + 1u) * signs.plane_words + word] >> bit) & 1u) << plane;
  }
  return cell_at(signs, row, column) + 2u * id + sign;
}
