// What a weight is stored as: a salient one as code + 2^(b−1) (from GRID_SHIFT on), another as sign and group id (from
// GROUP_SHIFT on). levels: see lib/sage_levels.wgsl; alphas: [rows].
@group(0) @binding(5) var<storage, read> levels: array<f32>;
@group(0) @binding(6) var<storage, read> alphas: array<f32>;

const GROUP_SHIFT = 4u;
struct Rounded { code: u32, level: f32 }

fn rounded(w: f32, code: u32, row: u32, cell: u32) -> Rounded {
  if ((code & SALIENT) != 0u) {
    let half = f32((params.top + 1u) / 2u);
    let q = salient_code(w, alphas[row], half);
    return Rounded(SALIENT | (u32(q + half) << GRID_SHIFT), alphas[row] * q);
  }
  let plus = w >= levels[0];
  let group = group_of(abs(w - levels[0]));
  return Rounded((group << GROUP_SHIFT) | select(0u, PLUS, plus), signed_level(levels[0], levels[group + 1u], plus));
}
