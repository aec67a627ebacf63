// The level nearest to a weight among those that billm_binarize.wgsl found for its kind. levels: [rows, cells, 7].
@group(0) @binding(5) var<storage, read> levels: array<f32>;

struct Rounded { code: u32, level: f32 }

fn rounded(w: f32, code: u32, row: u32, cell: u32) -> Rounded {
  let at = 7u * (row * params.cells + cell);
  if ((code & SALIENT) != 0u) {
    let plus = w >= levels[at + 4u];
    let middle = signed_level(levels[at + 4u], levels[at + 5u], plus);
    let again = w >= middle;
    let found = SALIENT | select(0u, PLUS, plus) | select(0u, SECOND_PLUS, again);
    return Rounded(found, signed_level(middle, levels[at + 6u], again));
  }
  let group = at + (code & LARGE);
  let plus = w >= levels[group];
  return Rounded((code & LARGE) | select(0u, PLUS, plus), signed_level(levels[group], levels[group + 1u], plus));
}
