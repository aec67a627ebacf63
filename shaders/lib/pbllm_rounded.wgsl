// The level nearest to a weight: of the row's uniform grid where it is salient, else center ± amplitude of its cell.
// levels: [rows, cells, 2]; steps, zeros: [rows].
@group(0) @binding(5) var<storage, read> levels: array<f32>;
@group(0) @binding(6) var<storage, read> steps: array<f32>;
@group(0) @binding(7) var<storage, read> zeros: array<f32>;

struct Rounded { code: u32, level: f32 }

fn rounded(w: f32, code: u32, row: u32, cell: u32) -> Rounded {
  if ((code & SALIENT) != 0u) {
    let nearest = nearest_code(w, steps[row], zeros[row], f32(params.top));
    return Rounded(SALIENT | (u32(nearest) << GRID_SHIFT), level(nearest, steps[row], zeros[row]));
  }
  let at = 2u * (row * params.cells + cell);
  let plus = w >= levels[at];
  return Rounded(select(0u, PLUS, plus), signed_level(levels[at], levels[at + 1u], plus));
}
