// What a tile of gemm_tiled.wgsl loads of a panel of signs: four rows of one column. Kept from one tile to the next are their
// codes, sign and group id in four bits, since TILE_K is 16 and a word of the planes holds this column and the one 16
// further; and where their levels begin, which changes with the cell only. After lib/sign_operand.wgsl.
#for l in LOADS_B
var<private> word_${l} = 0xffffffffu;
var<private> codes_${l} = vec4u(); // of the second column from bit 16 on
var<private> stop_${l} = 0u;       // where the cell ends
var<private> cells_${l} = vec4u();

fn load_b_${l}(k: u32, end: u32, j: u32, batch: u32) -> vec4f {
  let column = min(k, end - 1u);
  let rows = min(vec4u(j) + vec4u(0, 1, 2, 3), vec4u(params.n - 1u));
  if (column / 32u != word_${l}) {
    word_${l} = column / 32u;
    codes_${l} = codes_of(rows, column);
  }
  if (column >= stop_${l}) {
    stop_${l} = (column / block_columns() + 1u) * block_columns();
    cells_${l} = cells_of(rows, column);
  }
  let codes = codes_${l} >> vec4u(column & 16u);
  var at = cells_${l} + (codes & vec4u(15u));
  if (SALIENT && ranks[column] > 0u) { at = salient_at(rows, column, codes & vec4u(1u)); }
  let inside = (vec4u(j) + vec4u(0, 1, 2, 3) < vec4u(params.n)) & vec4<bool>(k < end);
  return select(vec4f(), vec4f(levels[at.x], levels[at.y], levels[at.z], levels[at.w]), inside);
}

fn weights_${l}(loaded: vec4f, k: u32, j: u32) -> vec4f {
  return loaded;
}
#end

fn block_columns() -> u32 {
  return fields[4];
}

fn codes_of(rows: vec4u, column: u32) -> vec4u {
  let signs = signs_of_panel();
  var codes = vec4u();
  for (var plane = 0u; plane <= signs.id_planes; plane++) {
    let at = plane * signs.plane_words + rows * signs.row_words + column / 32u;
    let words = vec4u(planes[at.x], planes[at.y], planes[at.z], planes[at.w]) >> vec4u(column % 16u);
    codes |= (words & vec4u(0x10001u)) << vec4u(plane);
  }
  return codes;
}

fn cells_of(rows: vec4u, column: u32) -> vec4u {
  let signs = signs_of_panel();
  return vec4u(
    cell_at(signs, rows.x, column), cell_at(signs, rows.y, column), cell_at(signs, rows.z, column), cell_at(signs, rows.w, column),
  );
}

fn salient_at(rows: vec4u, column: u32, plus: vec4u) -> vec4u {
  let signs = signs_of_panel();
  let rank = ranks[column] - 1u;
  let at = rows * signs.second_words + rank / 32u;
  let words = vec4u(second[at.x], second[at.y], second[at.z], second[at.w]);
  let first = vec4u(
    salient_cell_at(signs, rows.x, column), salient_cell_at(signs, rows.y, column),
    salient_cell_at(signs, rows.z, column), salient_cell_at(signs, rows.w, column),
  );
  return first + 2u * plus + ((words >> vec4u(rank % 32u)) & vec4u(1u));
}
